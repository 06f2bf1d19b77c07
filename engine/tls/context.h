// What all TLS sessions of a node share: certificates, policy, ticket keys. Immutable. A reload
// makes a new TlsContext with the same TicketKeys; sessions made from the old one go on with it.
// Made on the control thread, read by every shard.
//
// Policy: TLS 1.2 with ECDHE and AEAD, and TLS 1.3; no renegotiation, no compression, no early
// data. ALPN (RFC 7301): one name is accepted (`xmpp-client`: XEP-0368 §4), a client that offers
// other protocols without it gets no_application_protocol, one that offers none is let in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/tls/certificate_files.h"
#include "engine/tls/session.h"
#include "engine/tls/ticket_keys.h"

namespace engine {

struct TlsPolicy;  // policy.h, internal

struct TlsOptions {
  std::vector<TlsCertificateFiles> certificates;  // the first serves whoever asks for no known name
  std::string alpn = "xmpp-client";
  // PEM. With it every client has to show a certificate that one of these authorities vouches for,
  // and every session is made anew: a ticket would outlive what is asked of it. Empty: none asked.
  std::string client_ca_file;
  bool tls13_only = false;
  uint32_t handshake_bytes_max = 65536;  // received before `established`; beyond it: failed
};

class TlsContext {
 public:
  static base::Result<std::shared_ptr<const TlsContext>> make(const TlsOptions& options,
                                                              std::shared_ptr<TicketKeys> tickets,
                                                              base::WallTime now);
  explicit TlsContext(std::shared_ptr<const TlsPolicy> policy) : policy_(std::move(policy)) {}

  // For metrics and warnings, in the order of the options.
  struct CertificateFacts {
    std::vector<std::string> names;
    base::WallTime expires;
  };
  std::vector<CertificateFacts> certificates() const;
  base::WallTime first_expiry() const;

 private:
  friend std::unique_ptr<TlsSession> make_server_session(const TlsContext& context);
  std::shared_ptr<const TlsPolicy> policy_;
};

}  // namespace engine
