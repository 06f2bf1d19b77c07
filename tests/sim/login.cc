// A simulated client logs in, step by step or headlong: a headlong one sends everything up to its
// first stanzas behind <auth/>, so that they are under way while its connection changes shards.
#include "engine/base/base64.h"
#include "protocols/xml/writer.h"
#include "tests/sim/client.h"
#include "tests/sim/client_namespaces.h"
#include "tests/support/scram_client.h"

namespace sim {

void Client::on_features(xml::Element features) {
  if (options_.stranger) return;
  if (!authenticated_) {
    phase_ = Phase::authenticating;
    return send_auth();
  }
  phase_ = Phase::binding;
  if (headlong_) return;
  const bool offers_management = static_cast<bool>(features.child("sm", kManagement));
  if (resumable() && offers_management) {
    raw("<resume xmlns='urn:xmpp:sm:3' previd='" + resume_id_ + "' h='" + std::to_string(handled_) +
        "'/>");
    return;
  }
  bind();
}

void Client::send_auth() {
  std::string encoded;
  if (options_.scram) {
    base::base64_encode(tests::scram_client_first(options_.user, random_, scram_first_), encoded);
    raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>" + encoded +
        "</auth>");
    return;
  }
  const std::string plain = '\0' + options_.user + '\0' + options_.password;
  base::base64_encode(plain, encoded);
  raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + encoded + "</auth>");
  if (!options_.eager && !options_.headlong) return;
  raw(stream_header(options_.domain));
  if (!options_.headlong || resumable()) return;
  headlong_ = true;
  bind();
  say_session_start();
  if (!ahead_status.empty()) set_presence("", ahead_status, 0);
  for (const Ahead& message : ahead) send_message(message.to, message.body);
}

void Client::bind() {
  raw("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
      options_.resource + "</resource></bind></iq>");
}

void Client::on_sasl(xml::Element element) {
  if (element.name() == "challenge") {
    std::string challenge;
    std::string answer;
    if (!base::base64_decode(element.text(), challenge)) trouble = "bad base64 from server";
    base::base64_encode(tests::scram_client_final(challenge, scram_first_, options_.password,
                                                  scram_server_signature_),
                        answer);
    raw("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + answer + "</response>");
    return;
  }
  if (element.name() != "success") {
    ++told["sasl/" + std::string(element.first_child().name())];
    // A stranger tries again until it is thrown out, anybody else later.
    if (!options_.stranger) lose_connection(true);
    return;
  }
  if (options_.scram) {
    std::string last;
    if (!base::base64_decode(element.text(), last) || last != "v=" + scram_server_signature_) {
      trouble = "server signature is wrong";
    }
  }
  authenticated_ = true;
  if ((options_.eager || options_.headlong) && !options_.scram) {
    reader_.restart();
  } else {
    restart_stream();
  }
}

void Client::start_session() {
  phase_ = Phase::online;
  ++logins;
  available.clear();
  for (EndedSession& session : ended_sessions) {
    if (session.gone == base::Instant::never()) session.gone = clock_.now();
  }
  if (!std::exchange(headlong_, false)) say_session_start();
}

void Client::say_session_start() {
  if (options_.stream_management) {
    raw("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
    managed_ = true;
    handled_ = acked_ = 0;
    unacked_.clear();
  }
  said_.clear();
  asked_.clear();
  if (options_.carbons)
    send("<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
  ask_for_roster();
}

}  // namespace sim
