// Which certificate each domain shows: the configured one, or a self-signed one that is made when
// there is none and kept in DATA/certificates.
// Main thread, or the admin thread under the node's lock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/config/config.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/tls/contexts.h"

namespace appliance {

// Indices of TLS contexts.
constexpr uint16_t kXmppTls = 0;
constexpr uint16_t kSipTls = 1;
constexpr uint16_t kSipMutualTls = 2;  // null where nobody listens so
constexpr uint16_t kSipClientTls = 0;  // of clients; null without sip.ca_file

struct Certificates {
  engine::TlsContexts contexts;
  std::vector<std::string> self_signed;  // chain files of domains that have no other
};

base::Result<Certificates> load_certificates(const Config& config,
                                             std::shared_ptr<engine::TicketKeys> tickets,
                                             base::WallTime now);

}  // namespace appliance
