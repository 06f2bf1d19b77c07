#include "engine/tls/context.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/tls/policy.h"
#include "engine/tls/ssl_session.h"

namespace engine {

static constexpr char kTls12Ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
static constexpr uint32_t kTicketSeconds = 86400;  // what clients are told; see ticket_keys.h

static const TlsPolicy& policy_of(const SSL* ssl) {
  const void* const policy = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
  CHECK(policy != nullptr);
  return *static_cast<const TlsPolicy*>(policy);
}

const ServerCertificate& TlsPolicy::choose(base::Bytes server_name) const {
  CHECK(!certificates.empty());
  std::string name(server_name);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const bool wildcards : {false, true}) {  // an exact name beats a wildcard
    for (const ServerCertificate& one : certificates) {
      for (const std::string& pattern : one.names) {
        if (pattern.starts_with("*.") == wildcards && name_covers(pattern, name)) return one;
      }
    }
  }
  return certificates.front();
}

// Runs for every ClientHello, with a server name or without, before a ticket is looked at.
static int choose_certificate(SSL* ssl, int* alert, void*) {
  const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const ServerCertificate& one = policy_of(ssl).choose(asked == nullptr ? "" : asked);
  std::vector<CRYPTO_BUFFER*> chain;
  for (const auto& buffer : one.chain) chain.push_back(buffer.get());
  CHECK(!chain.empty() && one.key != nullptr);
  // The session id context ties tickets to the certificate: a client that resumes would otherwise
  // bind SASL to the certificate of its first handshake and we to the renewed one (RFC 5929 §4).
  if (SSL_set_chain_and_key(ssl, chain.data(), chain.size(), one.key.get(), nullptr) != 1 ||
      SSL_set_session_id_context(ssl, one.fingerprint.data(), one.fingerprint.size()) != 1) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return asked == nullptr ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
}

// Only called when the client offers something.
static int choose_alpn(SSL* ssl, const uint8_t** out, uint8_t* out_length, const uint8_t* offered,
                       unsigned offered_length, void*) {
  const std::string& ours = policy_of(ssl).alpn;
  base::Bytes list(reinterpret_cast<const char*>(offered), offered_length);
  while (!list.empty()) {
    const size_t length = static_cast<uint8_t>(list[0]);
    if (length + 1 > list.size()) break;
    const base::Bytes name = list.substr(1, length);
    if (name == ours) {
      *out = reinterpret_cast<const uint8_t*>(name.data());
      *out_length = static_cast<uint8_t>(length);
      return SSL_TLSEXT_ERR_OK;
    }
    list.remove_prefix(length + 1);
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol (RFC 7301 §3.2)
}

// The library's contract: encrypting 1 = done, -1 = give up; decrypting 0 = not ours (full
// handshake), 1 = done, 2 = done and send a fresh ticket.
static int ticket_key(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* mac,
                      int encrypt) {
  static constexpr int kIvLength = 16;  // a block of AES-CBC
  CHECK(encrypt == 0 || encrypt == 1);
  CHECK(policy_of(ssl).tickets != nullptr);
  const TicketKeys& keys = *policy_of(ssl).tickets;
  TicketKey key;
  bool renew = false;
  if (encrypt == 1) {
    key = keys.current();
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, kIvLength) != 1) return -1;
  } else if (!keys.find(name, key, renew)) {
    return 0;
  }
  const int ready =
      EVP_CipherInit_ex(cipher, EVP_aes_128_cbc(), nullptr, key.cipher.data(), iv, encrypt) == 1 &&
      HMAC_Init_ex(mac, key.mac.data(), key.mac.size(), EVP_sha256(), nullptr) == 1;
  OPENSSL_cleanse(&key, sizeof key);
  if (!ready) return -1;
  return renew ? 2 : 1;
}

static base::Status configure(TlsPolicy& policy, bool tls13_only) {
  CHECK(!policy.certificates.empty() && policy.tickets != nullptr);
  SSL_CTX* const ctx = policy.ctx.get();
  if (ctx == nullptr ||
      SSL_CTX_set_min_proto_version(ctx, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_strict_cipher_list(ctx, kTls12Ciphers) != 1 ||
      SSL_CTX_set_num_tickets(ctx, 1) != 1 || SSL_CTX_set_ex_data(ctx, 0, &policy) != 1) {
    ERR_clear_error();
    return base::Error{"the TLS library refused our settings; its version is not one we know"};
  }
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // tickets only: no state here
  SSL_CTX_set_timeout(ctx, kTicketSeconds);
  SSL_CTX_set_session_psk_dhe_timeout(ctx, kTicketSeconds);
  SSL_CTX_set_early_data_enabled(ctx, 0);
  SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
  SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
  SSL_CTX_set_tlsext_ticket_key_cb(ctx, ticket_key);
  return base::Status::ok();
}

static base::Status demand_certificates(SSL_CTX* ctx, const std::string& ca_file) {
  CHECK(ctx != nullptr && !ca_file.empty());
  STACK_OF(X509_NAME)* const authorities = SSL_load_client_CA_file(ca_file.c_str());
  if (authorities != nullptr) SSL_CTX_set_client_CA_list(ctx, authorities);  // takes it
  if (authorities == nullptr || !SslSession::verify_peers(ctx, ca_file)) {
    ERR_clear_error();
    return base::Error{ca_file +
                       ": cannot be read or holds no certificate; name a PEM file of "
                       "authorities"};
  }
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  return base::Status::ok();
}

base::Result<std::shared_ptr<const TlsContext>> TlsContext::make(
    const TlsOptions& options, std::shared_ptr<TicketKeys> tickets, base::WallTime now) {
  CHECK(tickets != nullptr);
  if (options.certificates.empty()) {
    return base::Error{"no certificate is configured; TLS needs at least one"};
  }
  auto policy = std::make_shared<TlsPolicy>();
  for (const TlsCertificateFiles& files : options.certificates) {
    auto loaded = load_certificate(files, now);
    if (!loaded) return loaded.error();
    policy->certificates.push_back(std::move(*loaded));
  }
  CHECK(policy->certificates.size() == options.certificates.size());
  policy->tickets = std::move(tickets);
  policy->handshake_bytes_max = options.handshake_bytes_max;
  policy->alpn = options.alpn;
  // Without X.509 objects, but where there are some to verify: the library sends our chain as the
  // bytes it is.
  const bool plain = options.client_ca_file.empty();
  policy->ctx.reset(SSL_CTX_new(plain ? TLS_with_buffers_method() : TLS_method()));
  if (base::Status done = configure(*policy, options.tls13_only); !done) return done.error();
  if (!plain) {
    base::Status done = demand_certificates(policy->ctx.get(), options.client_ca_file);
    if (!done) return done.error();
  }
  return std::make_shared<const TlsContext>(std::move(policy));
}

std::vector<TlsContext::CertificateFacts> TlsContext::certificates() const {
  std::vector<CertificateFacts> facts;
  CHECK(policy_ != nullptr && !policy_->certificates.empty());
  for (const ServerCertificate& one : policy_->certificates) {
    facts.push_back({one.names, one.expires});
  }
  return facts;
}

base::WallTime TlsContext::first_expiry() const {
  CHECK(!policy_->certificates.empty());
  base::WallTime first = policy_->certificates.front().expires;
  for (const ServerCertificate& one : policy_->certificates) first = std::min(first, one.expires);
  return first;
}

}  // namespace engine
