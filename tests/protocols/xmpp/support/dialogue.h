// A client's lines of an XMPP dialogue: what to send to log in, and a client's half of SCRAM that
// can also do it wrong.
#pragma once

#include <string>

#include "protocols/xmpp/sasl/mechanism.h"
#include "tests/protocols/xmpp/support/fake_node.h"

namespace xmpp_test {

std::string header(base::Bytes to = "localhost");
std::string base64(base::Bytes text);
std::string unbase64(base::Bytes text);
std::string auth(base::Bytes mechanism, base::Bytes message);      // message before base64
std::string response(base::Bytes message);
std::string plain(base::Bytes user, base::Bytes password, base::Bytes authzid = "");
std::string bind_request(base::Bytes resource = "");

// What stands between `<name …>` and `</name>`; "" if it is not there.
std::string content(base::Bytes xml, base::Bytes name);
// The value of an attribute written with single quotes, first occurrence.
std::string attribute(base::Bytes xml, base::Bytes name);
bool has(base::Bytes xml, base::Bytes part);
size_t count(base::Bytes xml, base::Bytes part);

struct ScramClient {
  base::HashKind kind = base::HashKind::sha256;
  std::string gs2 = "n,,";
  std::string user = "alice";
  std::string password = "wonderland";
  std::string nonce = "clientnonce";
  std::string binding;               // channel binding data
  std::string first_bare;
  std::string server_signature;      // base64, after final()

  std::string first();                            // client-first-message
  std::string final(base::Bytes server_first);    // client-final-message
};

// Header, SCRAM or PLAIN, second header: up to the second features. Answer: those features.
std::string log_in(FakeNode& node, FakeNode::Client client, base::Bytes user = "alice",
                   base::Bytes password = "wonderland");
// log_in and bind; answer: the full JID.
std::string enter(FakeNode& node, FakeNode::Client client, base::Bytes user = "alice",
                  base::Bytes password = "wonderland", base::Bytes resource = "r");

}  // namespace xmpp_test
