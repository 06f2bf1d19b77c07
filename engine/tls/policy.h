// The inside of TlsContext: the library's context object and what its callbacks look at. Sessions
// hold a reference, so that a reload never pulls it from under a handshake.
// Internal to engine/tls. Immutable after make(); read by every shard.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/tls/certificate.h"
#include "engine/tls/ticket_keys.h"

namespace engine {

struct TlsPolicy {
  bssl::UniquePtr<SSL_CTX> ctx;
  std::vector<ServerCertificate> certificates;  // never empty
  std::shared_ptr<TicketKeys> tickets;
  std::string alpn;
  uint32_t handshake_bytes_max = 0;

  const ServerCertificate& choose(base::Bytes server_name) const;
};

}  // namespace engine
