#include "bench/idle/session.h"

#include <utility>

#include "engine/base/base64.h"
#include "engine/tls/random.h"
#include "tests/support/scram_client.h"

namespace idle {

static const engine::TlsClientContext& client_context() {
  static const auto context = engine::TlsClientContext::make({.alpn = {"xmpp-client"}});
  return **context;
}

Session::Session(std::string user, std::string domain, std::string password, bool tls)
    : user_(std::move(user)), domain_(std::move(domain)), password_(std::move(password)) {
  if (tls) {
    tls_ = engine::make_client_session(client_context(), domain_);
    std::string plain;
    if (tls_->open({}, plain, output_) == engine::TlsStatus::failed) trouble_ = tls_->failure();
  } else {
    open_stream();
  }
}

std::string Session::take_output() { return std::exchange(output_, {}); }

void Session::say(base::Bytes text) {
  if (tls_ == nullptr) {
    output_.append(text);
  } else if (!tls_->seal(text, output_)) {
    trouble_ = "cannot encrypt";
  }
}

void Session::open_stream() {
  say("<?xml version='1.0'?><stream:stream to='" + domain_ +
      "' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
}

bool Session::on_bytes(base::Bytes bytes) {
  if (tls_ == nullptr) {
    heard_.append(bytes);
  } else {
    switch (tls_->open(bytes, heard_, output_)) {
      case engine::TlsStatus::established:
        open_stream();
        break;
      case engine::TlsStatus::ok:
        break;
      default:
        trouble_ = std::string("TLS: ") + tls_->failure();
        return false;
    }
  }
  while (advance()) {
  }
  if (step_ == Step::idle) std::string().swap(heard_);
  return trouble_.empty();
}

// True: the marker has come; it and all before it are forgotten.
bool Session::expect(base::Bytes marker) {
  if (heard_.find("<failure") != std::string::npos ||
      heard_.find("<stream:error") != std::string::npos) {
    trouble_ = user_ + ": " + heard_;
    return false;
  }
  const size_t at = heard_.find(marker);
  if (at == std::string::npos) return false;
  if (step_ != Step::challenge) heard_.erase(0, at + marker.size());
  return true;
}

void Session::first() {
  static engine::SecureRandom random;
  std::string encoded;
  base::base64_encode(tests::scram_client_first(user_, random, first_bare_), encoded);
  say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>" + encoded +
      "</auth>");
}

void Session::answer_challenge() {
  const size_t from = heard_.find('>', heard_.find("<challenge")) + 1;
  const size_t to = heard_.find("</challenge>");
  std::string challenge;
  std::string answer;
  if (!base::base64_decode(base::Bytes(heard_).substr(from, to - from), challenge)) {
    trouble_ = "challenge is not base64";
  }
  base::base64_encode(
      tests::scram_client_final(challenge, first_bare_, password_, signature_), answer);
  heard_.clear();
  say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + answer + "</response>");
}

bool Session::advance() {
  switch (step_) {
    case Step::features:
      if (!expect("</stream:features>")) return false;
      first();
      break;
    case Step::challenge:
      if (!expect("</challenge>")) return false;
      answer_challenge();
      break;
    case Step::success:
      if (!expect("</success>")) return false;
      open_stream();
      break;
    case Step::second_features:
      if (!expect("</stream:features>")) return false;
      say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
      break;
    case Step::bind:
      if (!expect("</iq>")) return false;
      say("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
      break;
    case Step::roster:
      if (!expect("</query></iq>")) return false;
      say("<presence><show>away</show><status>Working on something</status></presence>");
      break;
    case Step::presence:
      if (!expect("</presence>")) return false;
      break;
    case Step::idle:
      return false;
  }
  step_ = static_cast<Step>(static_cast<int>(step_) + 1);
  return true;
}

}  // namespace idle
