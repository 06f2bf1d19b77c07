#include "engine/tls/client_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "engine/base/check.h"
#include "engine/tls/certificate.h"
#include "engine/tls/ssl_session.h"

namespace engine {

struct TlsClientPolicy {
  bssl::UniquePtr<SSL_CTX> ctx;
  bool demand_name = true;
};

namespace {

static constexpr uint32_t kHandshakeBytesMax = 262144;  // a server's certificates may be many

class ClientSession final : public TlsClientSession {
 public:
  ClientSession(bssl::UniquePtr<SSL> ssl, std::shared_ptr<const TlsClientPolicy> policy)
      : inner_(std::move(ssl), *this), policy_(std::move(policy)) {
    CHECK(policy_ != nullptr && &SslSession::of(inner_.raw()) == &inner_);
  }

  TlsStatus open(base::Bytes received, base::Sink& plain, base::Sink& records) override {
    return inner_.open(received, plain, records);
  }
  bool seal(base::Bytes plain, base::Sink& records) override { return inner_.seal(plain, records); }
  void close(base::Sink& records) override { inner_.close(records); }
  TlsFacts facts() const override { return inner_.facts(); }
  const char* failure() const override { return inner_.failure(); }
  base::Bytes refused_subject() const override { return inner_.refused_subject(); }

  std::string ticket() const override { return ticket_; }
  base::Bytes chosen_alpn() const override {
    const uint8_t* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(inner_.raw(), &name, &length);
    CHECK(name != nullptr || length == 0);
    return {reinterpret_cast<const char*>(name), length};
  }
  std::string peer_certificate() const override {
    const STACK_OF(CRYPTO_BUFFER)* const chain = SSL_get0_peer_certificates(inner_.raw());
    if (chain == nullptr || sk_CRYPTO_BUFFER_num(chain) == 0) return {};
    const CRYPTO_BUFFER* const leaf = sk_CRYPTO_BUFFER_value(chain, 0);
    return {reinterpret_cast<const char*>(CRYPTO_BUFFER_data(leaf)), CRYPTO_BUFFER_len(leaf)};
  }
  bool update_keys() override {
    return SSL_key_update(inner_.raw(), SSL_KEY_UPDATE_REQUESTED) == 1;
  }

  // The library's callback: a ticket has come. 0: it keeps its reference.
  static int keep_ticket(SSL* ssl, SSL_SESSION* session) {
    ClientSession& self = static_cast<Inner&>(SslSession::of(ssl)).owner();
    uint8_t* encoded = nullptr;
    size_t length = 0;
    if (SSL_SESSION_to_bytes(session, &encoded, &length) != 1) return 0;
    CHECK(encoded != nullptr && length > 0);
    const bssl::UniquePtr<uint8_t> freed(encoded);
    self.ticket_.assign(reinterpret_cast<const char*>(encoded), length);
    return 0;
  }

 private:
  class Inner final : public SslSession {
   public:
    Inner(bssl::UniquePtr<SSL> ssl, ClientSession& owner)
        : SslSession(std::move(ssl), kHandshakeBytesMax), owner_(owner) {
      SSL_set_connect_state(this->ssl());
    }
    SSL* raw() const { return ssl(); }
    ClientSession& owner() const { return owner_; }

   private:
    ClientSession& owner_;
  };

  Inner inner_;
  const std::shared_ptr<const TlsClientPolicy> policy_;
  std::string ticket_;
};

}  // namespace

static bool set_alpn(SSL_CTX* ctx, const std::vector<std::string>& names) {
  std::string list;  // each name with its length before it (RFC 7301 §3.1)
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) return false;
    list.push_back(static_cast<char>(name.size()));
    list += name;
  }
  // Zero is success here, against the library's habit.
  return list.empty() || SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const uint8_t*>(list.data()),
                                                 static_cast<unsigned>(list.size())) == 0;
}

static base::Status show_certificate(SSL_CTX* ctx, const TlsCertificateFiles& files,
                                     base::WallTime now) {
  const auto loaded = load_certificate(files, now);
  if (!loaded) return loaded.error();
  std::vector<CRYPTO_BUFFER*> chain;
  for (const auto& buffer : loaded->chain) chain.push_back(buffer.get());
  if (SSL_CTX_set_chain_and_key(ctx, chain.data(), chain.size(), loaded->key.get(), nullptr) == 1) {
    return base::Status::ok();
  }
  ERR_clear_error();
  return base::Error{files.chain_file + ": not usable as a client's certificate"};
}

base::Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::make(
    const TlsClientOptions& options, base::WallTime now) {
  auto policy = std::make_shared<TlsClientPolicy>();
  policy->demand_name = options.demand_name;
  policy->ctx.reset(SSL_CTX_new(TLS_method()));
  SSL_CTX* const ctx = policy->ctx.get();
  if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, options.version_min) != 1 ||
      SSL_CTX_set_max_proto_version(ctx, options.version_max) != 1 ||
      !set_alpn(ctx, options.alpn)) {
    ERR_clear_error();
    return base::Error{"the TLS versions or protocol names to offer are not valid"};
  }
  if (!options.ca_file.empty()) {
    if (!SslSession::verify_peers(ctx, options.ca_file)) {
      ERR_clear_error();
      return base::Error{options.ca_file + ": cannot be read or holds no certificate"};
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.chain_file.empty()) {
    base::Status done = show_certificate(ctx, options.certificate, now);
    if (!done) return done.error();
  }
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, ClientSession::keep_ticket);
  return std::make_shared<const TlsClientContext>(std::move(policy));
}

std::unique_ptr<TlsClientSession> make_client_session(const TlsClientContext& context,
                                                      base::Bytes server_name, base::Bytes ticket) {
  CHECK(context.policy() != nullptr && context.policy()->ctx != nullptr);
  bssl::UniquePtr<SSL> ssl(SSL_new(context.policy()->ctx.get()));
  CHECK(ssl != nullptr);
  if (!server_name.empty()) {
    const std::string name(server_name);
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    if (context.policy()->demand_name) {
      X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl.get()), name.data(), name.size());
    }
  }
  if (!ticket.empty()) {
    const bssl::UniquePtr<SSL_SESSION> session(
        SSL_SESSION_from_bytes(reinterpret_cast<const uint8_t*>(ticket.data()), ticket.size(),
                               context.policy()->ctx.get()));
    if (session) SSL_set_session(ssl.get(), session.get());
  }
  ERR_clear_error();  // an unreadable ticket or name only means a full handshake
  return std::make_unique<ClientSession>(std::move(ssl), context.policy());
}

}  // namespace engine
