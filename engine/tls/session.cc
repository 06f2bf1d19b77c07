// The server's side of a TLS connection.
#include "engine/tls/session.h"

#include "engine/base/check.h"
#include "engine/tls/context.h"
#include "engine/tls/policy.h"
#include "engine/tls/ssl_session.h"
#include "engine/trace/counters.h"

namespace engine {

namespace {

class ServerSession final : public SslSession {
 public:
  ServerSession(bssl::UniquePtr<SSL> ssl, std::shared_ptr<const TlsPolicy> policy)
      : SslSession(std::move(ssl), policy->handshake_bytes_max), policy_(std::move(policy)) {
    CHECK(policy_ != nullptr && policy_->tickets != nullptr);
    SSL_set_accept_state(this->ssl());
  }

 private:
  base::Bytes end_point() const override {
    CHECK(!policy_->certificates.empty());
    const char* const asked = SSL_get_servername(ssl(), TLSEXT_NAMETYPE_host_name);
    return policy_->choose(asked == nullptr ? "" : asked).end_point;
  }
  void on_established() override {
    CHECK(established());
    trace::count(trace::Counter::tls_handshakes);
    if (SSL_session_reused(ssl()) == 1) trace::count(trace::Counter::tls_handshakes_resumed);
  }
  void on_failed(bool during_handshake) override {
    CHECK(!established());
    trace::count(during_handshake ? trace::Counter::tls_handshakes_failed
                                  : trace::Counter::tls_sessions_failed);
  }

  const std::shared_ptr<const TlsPolicy> policy_;  // the library's callbacks look at it
};

}  // namespace

std::unique_ptr<TlsSession> make_server_session(const TlsContext& context) {
  CHECK(context.policy_ != nullptr);
  bssl::UniquePtr<SSL> ssl(SSL_new(context.policy_->ctx.get()));
  CHECK(ssl != nullptr);
  return std::make_unique<ServerSession>(std::move(ssl), context.policy_);
}

}  // namespace engine
