// The client's side of TLS over the caller's buffers: for connections to other servers, tests, the
// load generator. A TlsClientContext is shared by any number of sessions, any thread;
// a session belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/tls/certificate_files.h"
#include "engine/tls/session.h"

namespace engine {

struct TlsClientPolicy;  // client_session.cc

struct TlsClientOptions {
  std::string ca_file;              // PEM; empty: the server's certificate is not verified
  bool demand_name = true;          // of the certificate, besides; false: see TlsFacts::peer_names
  TlsCertificateFiles certificate;  // shown where it is asked for; no files: none
  std::vector<std::string> alpn;    // offered, in order of preference; empty: none
  uint16_t version_min = 0x0303;    // TLS 1.2
  uint16_t version_max = 0x0304;    // TLS 1.3
};

class TlsClientContext {
 public:
  // `now`: the certificate is good then.
  static base::Result<std::shared_ptr<const TlsClientContext>> make(const TlsClientOptions& options,
                                                                    base::WallTime now = {});
  explicit TlsClientContext(std::shared_ptr<const TlsClientPolicy> policy)
      : policy_(std::move(policy)) {}
  const std::shared_ptr<const TlsClientPolicy>& policy() const { return policy_; }

 private:
  std::shared_ptr<const TlsClientPolicy> policy_;
};

class TlsClientSession : public TlsSession {
 public:
  // The first flight is made by open() with nothing received.
  //
  // The newest session ticket, "" while there is none: resumes a later session of any context
  // with the same versions. TLS 1.3 servers send it after the handshake.
  virtual std::string ticket() const = 0;
  virtual base::Bytes chosen_alpn() const = 0;
  virtual std::string peer_certificate() const = 0;  // DER of the leaf
  // TLS 1.3 KeyUpdate (RFC 8446 §4.6.3), sent with what is sealed next; asks for theirs as well.
  [[nodiscard]] virtual bool update_keys() = 0;
};

// `server_name` is offered as SNI and, with a ca_file and demand_name, demanded of the certificate;
// empty: neither.
std::unique_ptr<TlsClientSession> make_client_session(const TlsClientContext& context,
                                                      base::Bytes server_name,
                                                      base::Bytes ticket = {});

}  // namespace engine
