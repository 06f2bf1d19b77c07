// One client's XML stream (RFC 6120 §4) on one connection: headers, features, STARTTLS, SASL, bind
// or resumption, then stanzas for its Session; errors and the closing handshake at the end.
// Made by Service::accept on the accepting shard; moves once, between SASL success and the second
// header, to the shard that owns the account. Owned by the engine as its Peer.
// Everything only needed for logging in is in Login, which is freed at bind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/packed_string.h"
#include "engine/seam/service.h"
#include "engine/seam/timer.h"
#include "protocols/im/store_request.h"
#include "protocols/xml/stream_reader.h"
#include "protocols/xmpp/options.h"
#include "protocols/xmpp/sasl/mechanism.h"
#include "protocols/xmpp/stream_error.h"

namespace xmpp {

class Service;
class Session;
struct Login;

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
  closing,        // </stream:stream> sent; what still comes in is dropped
};

class Stream final : public engine::Peer {
 public:
  Stream(Service& service, const engine::Accepted& how, engine::Turn& turn);
  ~Stream() override;

  void on_bytes(base::Bytes in, engine::Turn& turn) override;
  void on_secured(const engine::TlsFacts& facts, engine::Turn& turn) override;
  void on_moved(engine::ConnectionId connection, engine::Turn& turn) override;
  void on_congestion(bool congested, engine::Turn& turn) override;
  void on_closed(engine::CloseReason reason, engine::Turn& turn) override;

  // Ends the stream: our header if none was sent, the error, the closing tag, the connection.
  // The first call wins; later ones do nothing.
  void fail(StreamError error, base::Bytes text, engine::Turn& turn, base::Bytes application = {});
  // Ends it in peace.
  void close(engine::Turn& turn);
  // The session has gone to another connection (resumption) or has ended.
  void forget_session() { session_ = nullptr; }
  // Answers from elsewhere for a stream that has no session yet (registration).
  void send(base::Bytes xml, engine::Turn& turn);
  // The realm's answer to bind, through Session.
  void bound(bool ok, engine::Turn& turn);

  engine::ConnectionId connection() const { return connection_; }
  StreamState state() const { return state_; }
  Service& service() const { return *service_; }
  Session* session() const { return session_; }
  base::Bytes remote_address() const { return remote_address_.view(); }
  base::Bytes language() const { return language_.view(); }   // xml:lang of the header
  sasl::Mechanism mechanism() const { return mechanism_; }
  uint16_t tls_version() const { return tls_version_; }       // 0: in the clear

 private:
  friend class Service;
  friend class SaslAnswer;
  // stream.cc
  void feed(base::Bytes& in, engine::Turn& turn);
  void on_element(const xml::Element& element, engine::Turn& turn);
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
  bool check_addresses(const xml::Element& header, engine::Turn& turn);
  // negotiation/features.cc
  void write_features(base::Sink& out) const;
  bool sasl_allowed() const;
  // negotiation/starttls.cc
  void on_starttls(engine::Turn& turn);
  // negotiation/pre_authentication.cc
  void on_unauthenticated(const xml::Element& element, engine::Turn& turn);
  void on_early_iq(const xml::Element& element, engine::Turn& turn);
  // negotiation/login.cc
  void on_auth(const xml::Element& element, engine::Turn& turn);
  void on_response(const xml::Element& element, engine::Turn& turn);
  void sasl_message(base::Bytes message, engine::Turn& turn);
  void scram_first(base::Bytes message, engine::Turn& turn);
  void scram_final(base::Bytes message, engine::Turn& turn);
  void plain(base::Bytes message, engine::Turn& turn);
  bool identify(base::Bytes authcid, base::Bytes authzid, engine::Turn& turn);
  void ask(im::StoreKind kind, std::string text, engine::Turn& turn);
  void on_store(im::StoreRequest& answer, engine::Turn& turn);
  void sasl_failure(sasl::Failure failure, engine::Turn& turn);
  void logged_in(engine::Turn& turn);
  void send_success(engine::Turn& turn);
  // negotiation/bind.cc
  void on_authenticated(const xml::Element& element, engine::Turn& turn);
  void on_bind(const xml::Element& iq, const xml::Element& bind, engine::Turn& turn);
  void on_resume(const xml::Element& element, engine::Turn& turn);
  void enter_session(engine::Turn& turn);
  void answer_iq_error(const xml::Element& iq, im::ErrorCondition condition, engine::Turn& turn);

  Service* service_;
  engine::ConnectionId connection_;
  xml::StreamReader reader_;
  std::unique_ptr<Login> login_;          // null once bound
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
  bool pinged_ = false;                   // idle: a ping is out (XEP-0199)
  bool congested_ = false;
};
static_assert(sizeof(Stream) <= 192, "every connection costs this");

}  // namespace xmpp
