// One client's XML stream (RFC 6120 §4) on one connection: headers, features, STARTTLS, SASL, bind
// or resumption, then stanzas for its Session; errors and the closing handshake at the end.
// Made by Service::accept on the accepting shard; moves once, between the end of the SASL exchange
// and <success/>, to the shard that owns the account. Owned by the engine as its Peer.
// Everything that only logging in needs is in Login, which is freed when a session is entered.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/packed_string.h"
#include "engine/seam/service.h"
#include "engine/seam/timer.h"
#include "protocols/im/realm.h"
#include "protocols/im/store_request.h"
#include "protocols/xml/stream_reader.h"
#include "protocols/xmpp/options.h"
#include "protocols/xmpp/sasl/mechanism.h"
#include "protocols/xmpp/stream_error.h"

namespace xmpp {

class Service;
class Session;
struct Login;   // negotiation/login.h

enum class StreamState : uint8_t {
  header,         // a stream header must come next: at first, after TLS, after SASL
  offered,        // features sent, not authenticated: STARTTLS, SASL or registration
  securing,       // <proceed/> sent, the TLS handshake runs
  sasl_response,  // challenge sent
  sasl_store,     // the store is asked about the user; bytes that come in wait
  moving,         // authenticated, on the way to the owner's shard; bytes wait
  authenticated,  // second features sent: bind or resume
  binding,        // the realm loads the account; bytes wait
  bound,          // stanzas
  closing,        // our closing tag is sent; what still comes in is dropped
};

class Stream final : public engine::Peer {
 public:
  Stream(Service& service, const engine::Accepted& how, engine::Turn& turn);
  ~Stream() override;

  void on_bytes(base::Bytes in, engine::Turn& turn) override;
  void on_secured(const engine::TlsFacts& facts, engine::Turn& turn) override;
  void on_moved(engine::ConnectionId connection, engine::Turn& turn) override;
  void on_congestion(bool congested, engine::Turn& turn) override;
  void on_sent(engine::Turn& turn) override;
  void on_closed(engine::CloseReason reason, engine::Turn& turn) override;

  // Ends the stream: our header if none was sent, the error, the closing tag, the connection.
  // The first call wins; later ones do nothing. Never destroys the session synchronously.
  void fail(StreamError error, base::Bytes text, engine::Turn& turn, base::Bytes application = {});
  // The session has gone to another connection (resumption) or has ended.
  void forget_session() { session_ = nullptr; }
  void send(base::Bytes xml, engine::Turn& turn);             // first-level XML that is no stanza
  void send(const im::Stanza& stanza, engine::Turn& turn);    // to a stream without a session
  // The realm's answer to bind, through Session.
  void bound(engine::Turn& turn);
  void bind_refused(im::BindResult why, engine::Turn& turn);

  // What on_resume() waited for is there.
  void resume_again(engine::Turn& turn);

  engine::ConnectionId connection() const { return connection_; }
  StreamState state() const { return state_; }
  bool writable() const { return state_ != StreamState::closing; }
  bool congested() const { return congested_; }
  Service& service() const { return *service_; }
  Session* session() const { return session_; }
  base::Bytes remote_address() const { return remote_address_.view(); }
  base::Bytes language() const { return language_.view(); }   // xml:lang of the header
  sasl::Mechanism mechanism() const { return mechanism_; }
  uint16_t tls_version() const { return tls_version_; }       // 0: in the clear

 private:
  friend class Service;
  friend struct SaslAnswer;
  // stream.cc
  void feed(base::Bytes in, engine::Turn& turn);
  void on_element(const xml::Element& element, engine::Turn& turn);
  void on_end(engine::Turn& turn);
  void leave_session(bool may_resume, bool now, engine::Turn& turn);
  void hold(base::Bytes in, engine::Turn& turn);
  void release_held(engine::Turn& turn);
  void on_timer(engine::Turn& turn);
  const xml::Limits& limits() const;
  const ListenerOptions& listener() const;
  bool waits() const;
  // negotiation/header.cc
  void on_header(const xml::Element& header, engine::Turn& turn);
  void write_header(base::Sink& out, engine::Turn& turn);
  bool check_namespaces(const xml::Element& header, engine::Turn& turn);
  bool check_version(const xml::Element& header, engine::Turn& turn);
  bool check_addresses(const xml::Element& header, engine::Turn& turn);
  void write_features(base::Sink& out) const;
  void write_early_features(base::Sink& out) const;
  // negotiation/early.cc: before authentication
  void on_early(const xml::Element& element, engine::Turn& turn);
  void on_early_iq(const xml::Element& iq, engine::Turn& turn);
  void on_starttls(engine::Turn& turn);
  bool secured() const { return tls_version_ != 0; }
  bool sasl_allowed() const;
  sasl::MechanismSet mechanisms() const;
  // negotiation/login.cc: SASL
  void on_auth(const xml::Element& element, engine::Turn& turn);
  void on_response(const xml::Element& element, engine::Turn& turn);
  void on_sasl_message(base::Bytes encoded, engine::Turn& turn);
  void scram_first(base::Bytes message, engine::Turn& turn);
  void scram_final(base::Bytes message, engine::Turn& turn);
  void plain(base::Bytes message, engine::Turn& turn);
  bool identify(base::Bytes authcid, base::Bytes authzid, engine::Turn& turn);
  void ask(im::StoreKind kind, std::string text, engine::Turn& turn);
  void on_store(im::StoreRequest& answer, engine::Turn& turn);
  void challenge(const im::StoreRequest& answer, engine::Turn& turn);
  void sasl_failure(sasl::Failure failure, engine::Turn& turn);
  void logged_in(engine::Turn& turn);
  void succeed(engine::Turn& turn);
  // negotiation/bind.cc: between authentication and session
  void on_authenticated(const xml::Element& element, engine::Turn& turn);
  void on_bind(const xml::Element& iq, const xml::Element& bind, engine::Turn& turn);
  void on_resume(const xml::Element& element, engine::Turn& turn);
  void wait_to_resume(engine::Journal::Position position);
  void resume(engine::Turn& turn);
  void resume_refused(engine::Turn& turn);
  void enter_session(engine::Turn& turn);
  void refuse_bind(im::ErrorCondition condition, im::ErrorType type, engine::Turn& turn);

  Service* service_;
  engine::ConnectionId connection_;
  xml::StreamReader reader_;
  std::unique_ptr<Login> login_;          // null once a session is entered
  Session* session_ = nullptr;            // owned by the Service
  Stream* previous_ = nullptr;            // the Service's list of its streams
  Stream* next_ = nullptr;
  base::PackedString remote_address_;
  base::PackedString language_;
  base::Instant last_heard_;
  engine::MemberTimer<Stream, &Stream::on_timer> timer_{*this};  // login, then idleness
  uint16_t listener_;
  uint16_t tls_version_ = 0;
  StreamState state_ = StreamState::header;
  sasl::Mechanism mechanism_ = sasl::Mechanism::none;
  bool header_sent_ = false;
  bool listed_ = false;                   // in the Service's list
  bool feeding_ = false;                  // feed() is on the stack
  bool pinged_ = false;                   // idle: a ping is out (XEP-0199)
  bool congested_ = false;
};
static_assert(sizeof(Stream) <= 192, "every connection costs this");

}  // namespace xmpp
