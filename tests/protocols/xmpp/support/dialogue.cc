#include "tests/protocols/xmpp/support/dialogue.h"

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "engine/base/digest.h"

namespace xmpp_test {

std::string header(base::Bytes to) {
  return "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='" +
         std::string(to) + "'>";
}

std::string base64(base::Bytes text) {
  std::string out;
  base::base64_encode(text, out);
  return out;
}

std::string unbase64(base::Bytes text) {
  std::string out;
  return base::base64_decode(text, out) ? out : "(not base64)";
}

std::string auth(base::Bytes mechanism, base::Bytes message) {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + std::string(mechanism) +
         "'>" + base64(message) + "</auth>";
}

std::string response(base::Bytes message) {
  return "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + base64(message) + "</response>";
}

std::string plain(base::Bytes user, base::Bytes password, base::Bytes authzid) {
  std::string message(authzid);
  message.append(1, '\0').append(user).append(1, '\0').append(password);
  return auth("PLAIN", message);
}

std::string bind_request(base::Bytes resource) {
  std::string xml = "<iq type='set' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>";
  if (!resource.empty()) xml.append("<resource>").append(resource).append("</resource>");
  return xml + "</bind></iq>";
}

std::string content(base::Bytes xml, base::Bytes name) {
  const std::string open = "<" + std::string(name);
  const std::string close = "</" + std::string(name) + ">";
  const size_t start = xml.find(open);
  const size_t from = xml.find('>', start);
  const size_t to = xml.find(close);
  if (start == base::Bytes::npos || to == base::Bytes::npos || from > to) return {};
  return std::string(xml.substr(from + 1, to - from - 1));
}

std::string attribute(base::Bytes xml, base::Bytes name) {
  const std::string start = " " + std::string(name) + "='";
  const size_t at = xml.find(start);
  if (at == base::Bytes::npos) return {};
  const base::Bytes rest = xml.substr(at + start.size());
  return std::string(rest.substr(0, rest.find('\'')));
}

bool has(base::Bytes xml, base::Bytes part) { return xml.find(part) != base::Bytes::npos; }

size_t count(base::Bytes xml, base::Bytes part) {
  size_t n = 0;
  for (size_t at = xml.find(part); at != base::Bytes::npos; at = xml.find(part, at + 1)) ++n;
  return n;
}

std::string ScramClient::first() {
  first_bare = "n=" + user + ",r=" + nonce;
  return gs2 + first_bare;
}

std::string ScramClient::final(base::Bytes server_first) {
  const auto field = [&](base::Bytes key) {
    const size_t at = server_first.find(key);
    const base::Bytes rest = server_first.substr(at + key.size());
    return std::string(rest.substr(0, rest.find(',')));
  };
  const std::string all_nonce = field("r=");
  const std::string salt = unbase64(field(",s="));
  const auto iterations = static_cast<uint32_t>(std::stoul(field(",i=")));
  const std::string without_proof = "c=" + base64(gs2 + binding) + ",r=" + all_nonce;
  const std::string message = first_bare + "," + std::string(server_first) + "," + without_proof;
  const base::Digest salted = base::pbkdf2(kind, password, salt, iterations);
  const base::Digest client_key = base::hmac(kind, salted.view(), "Client Key");
  const base::Digest stored = base::hash(kind, client_key.view());
  const base::Digest signature = base::hmac(kind, stored.view(), message);
  std::string proof(client_key.view());
  for (size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ signature.octets[i]);
  }
  const base::Digest server_key = base::hmac(kind, salted.view(), "Server Key");
  server_signature = base64(base::hmac(kind, server_key.view(), message).view());
  return without_proof + ",p=" + base64(proof);
}

std::string log_in(FakeNode& node, FakeNode::Client client, base::Bytes user,
                   base::Bytes password) {
  node.send(client, header());
  node.send(client, plain(user, password));
  CHECK(has(node.take(client), "<success"));
  node.send(client, header());
  return node.take(client);
}

std::string enter(FakeNode& node, FakeNode::Client client, base::Bytes user,
                  base::Bytes password, base::Bytes resource) {
  log_in(node, client, user, password);
  node.send(client, bind_request(resource));
  return content(node.take(client), "jid");
}

}  // namespace xmpp_test
