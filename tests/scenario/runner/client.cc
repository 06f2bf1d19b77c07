#include "tests/scenario/runner/client.h"

#include <utility>

#include "engine/base/base64.h"
#include "protocols/xml/writer.h"
#include "tests/support/scram_client.h"

namespace scenario {
namespace {

constexpr char kStreams[] = "http://etherx.jabber.org/streams";
constexpr char kTls[] = "urn:ietf:params:xml:ns:xmpp-tls";
constexpr char kSasl[] = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr char kBind[] = "urn:ietf:params:xml:ns:xmpp-bind";
constexpr char kManagement[] = "urn:xmpp:sm:3";
constexpr char kClient[] = "jabber:client";

std::string encoded(const std::string& text) {
  std::string out;
  base::base64_encode(text, out);
  return out;
}

std::string decoded(const std::string& text) {
  std::string out;
  if (!base::base64_decode(text, out)) throw Failure{"SASL data is not base64: " + text};
  return out;
}

bool offers(const Tree& features, const std::string& mechanism) {
  const Tree* list = features.child(kSasl, "mechanisms");
  if (list == nullptr) return false;
  for (const Tree& m : list->children) {
    if (m.text == mechanism) return true;
  }
  return false;
}

}  // namespace

Client::Client(Wire& wire, Account account, std::string resource, base::Random& random)
    : wire_(wire), account_(std::move(account)), resource_(std::move(resource)), random_(random) {}

Client::~Client() { cut(); }

void Client::restart() {
  parser_ = std::make_unique<StreamParser>();
  send("<?xml version='1.0'?><stream:stream to='" + account_.domain +
       "' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
}

void Client::open() {
  if (connected()) throw Failure{"it is connected already"};
  received.clear();
  bound_ = secured_ = managed_ = false;
  connection_ = wire_.connect();
  if (connection_ < 0) throw Failure{"the server does not let it connect"};
  restart();
  if (!pump() && received.empty()) throw Failure{"the server offers no features"};
  while (received.empty() && pump()) {
  }
  if (received.empty()) throw Failure{"the server offers no features"};
  const Tree& features = received.front();
  if (features.child(kTls, "starttls") == nullptr || features.child(kSasl, "mechanisms")) return;
  received.pop_front();
  send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  expect(kTls, "proceed");
  if (!wire_.start_tls(connection_)) throw Failure{"the server wants TLS, which fails"};
  secured_ = true;
  restart();
  received.push_front(expect(kStreams, "features"));
}

void Client::log_in() {
  open();
  authenticate(expect(kStreams, "features"));
  restart();
  received.push_front(expect(kStreams, "features"));
}

void Client::bind() {
  expect(kStreams, "features");
  std::string iq = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>";
  if (!resource_.empty()) xml::write_text_element("resource", resource_, iq);
  send(iq + "</bind></iq>");
  const Tree answer = await_iq("bind");
  const Tree* bound = answer.child(kBind, "bind");
  const Tree* jid = bound == nullptr ? nullptr : bound->child(kBind, "jid");
  if (jid == nullptr) throw Failure{"it cannot bind: " + print(answer)};
  full_jid_ = jid->text;
  bound_ = true;
}

void Client::authenticate(const Tree& features) {
  if (offers(features, "SCRAM-SHA-256")) return scram();
  if (offers(features, "PLAIN")) return plain();
  throw Failure{"no mechanism it knows in " + print(features)};
}

void Client::plain() {
  std::string message;
  message += '\0';
  message += account_.user;
  message += '\0';
  message += account_.password;
  send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + encoded(message) +
       "</auth>");
  expect(kSasl, "success");
}

void Client::scram() {
  std::string bare;
  const std::string first = tests::scram_client_first(account_.user, random_, bare);
  send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>" +
       encoded(first) + "</auth>");
  const std::string challenge = decoded(expect(kSasl, "challenge").text);
  std::string signature;
  const std::string final =
      tests::scram_client_final(challenge, bare, account_.password, signature);
  send("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + encoded(final) + "</response>");
  const std::string verdict = decoded(expect(kSasl, "success").text);
  if (verdict != "v=" + signature) throw Failure{"the server does not know the password"};
}

void Client::resume() {
  if (resume_id_.empty()) throw Failure{"it has nothing to resume"};
  const uint32_t handled = handled_;
  log_in();
  expect(kStreams, "features");
  send("<resume xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled) + "' previd='" + resume_id_ +
       "'/>");
  expect(kManagement, "resumed");
  handled_ = handled;
  for (const Tree& early : received) note(early);  // came together with <resumed/>
  managed_ = bound_ = true;
}

void Client::register_account() {
  open();
  expect(kStreams, "features");
  std::string iq = "<iq type='set' id='register'><query xmlns='jabber:iq:register'>";
  xml::write_text_element("username", account_.user, iq);
  xml::write_text_element("password", account_.password, iq);
  send(iq + "</query></iq>");
  const Tree answer = await_iq("register");
  if (answer.attribute("type") != "result") throw Failure{"no account: " + print(answer)};
  disconnect();
}

void Client::disconnect() {
  if (!connected()) throw Failure{"it is not connected"};
  send("</stream:stream>");
  while (pump()) {
  }
  if (connected()) {
    wire_.close(connection_);
    connection_ = -1;
  }
  resume_id_.clear();
}

void Client::cut() {
  if (connected()) wire_.cut(connection_);
  connection_ = -1;
}

void Client::send(const std::string& xml) {
  if (!connected()) throw Failure{"it is not connected"};
  wire_.write(connection_, xml);
}

bool Client::pump() {
  if (!connected()) return false;
  std::string bytes;
  const ReadResult result = wire_.read(connection_, bytes);
  if (!bytes.empty() && !parser_->feed(bytes)) {
    throw Failure{"the server's XML is not well-formed: " + parser_->error()};
  }
  while (!parser_->elements.empty()) {
    received.push_back(std::move(parser_->elements.front()));
    parser_->elements.pop_front();
    if (managed_) note(received.back());
    const Tree& element = received.back();
    if (element.name == Name(kManagement, "enabled")) {
      resume_id_ = element.attribute("id");
      managed_ = true;
      handled_ = 0;
    }
  }
  if (result == ReadResult::closed) {
    wire_.close(connection_);
    connection_ = -1;
  }
  return !bytes.empty();
}

void Client::note(const Tree& element) {
  const std::string& local = element.name.second;
  if (element.name.first != kClient) return;
  if (local == "message" || local == "presence" || local == "iq") ++handled_;
}

Tree Client::next() {
  while (received.empty() && pump()) {
  }
  if (received.empty()) {
    throw Failure{connected() ? "nothing comes" : "nothing comes, and the connection has ended"};
  }
  Tree element = std::move(received.front());
  received.pop_front();
  return element;
}

Tree Client::expect(const std::string& ns, const std::string& local) {
  Tree element = next();
  if (element.name != Name(ns, local)) {
    throw Failure{"instead of <" + local + "> comes " + print(element)};
  }
  return element;
}

Tree Client::await_iq(const std::string& id) {
  size_t looked_at = 0;
  do {
    for (; looked_at < received.size(); ++looked_at) {
      const Tree& element = received[looked_at];
      const std::string type = element.attribute("type");
      if (element.name != Name(kClient, "iq") || element.attribute("id") != id) continue;
      if (type != "result" && type != "error") continue;
      Tree answer = std::move(received[looked_at]);
      received.erase(received.begin() + static_cast<std::ptrdiff_t>(looked_at));
      return answer;
    }
  } while (pump() || looked_at < received.size());
  throw Failure{"no answer to the IQ " + id};
}

void Client::await_end() {
  while (pump()) {
  }
  if (connected() && !parser_->ended()) throw Failure{"the server keeps the stream open"};
  cut();
}

std::string Client::barrier_id() { return "barrier-" + std::to_string(++barriers_); }

}  // namespace scenario
