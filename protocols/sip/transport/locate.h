// Where requests to a domain go (RFC 3263 §4): what to ask of DNS, and in which order to try what
// comes back.
// Pure functions, chance passed in; any shard.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/socket_address.h"
#include "engine/seam/names.h"
#include "protocols/sip/header/via.h"

namespace sip {

// §4.2: with a port only addresses are asked for. `transport` is udp, tcp or tls; by TLS also what
// Microsoft's federation publishes counts.
std::unique_ptr<engine::NameQuestion> where_is(const std::string& host, uint16_t port,
                                               Via::Transport transport);

// RFC 2782: the lowest priority first; among equals by chance, in proportion to their weights.
std::vector<base::SocketAddress> in_order(const std::vector<engine::NameQuestion::Target>& targets,
                                          base::Random& random);

}  // namespace sip
