// The TLS contexts of a node, by index: listeners name one of the servers' (NetOptions), outgoing
// connections one of the clients' (Connect). A reload replaces all of them and keeps their number.
// Copied freely; what it points to is immutable and read by every shard.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "engine/tls/client_session.h"
#include "engine/tls/context.h"

namespace engine {

struct TlsContexts {
  TlsContexts() = default;
  TlsContexts(std::nullptr_t) {}  // NOLINT: implicit on purpose
  // The one that suffices for a node whose listeners are all alike; null: none.
  TlsContexts(std::shared_ptr<const TlsContext> only) {  // NOLINT: implicit on purpose
    if (only != nullptr) servers.push_back(std::move(only));
  }
  std::vector<std::shared_ptr<const TlsContext>> servers;
  std::vector<std::shared_ptr<const TlsClientContext>> clients;
};

}  // namespace engine
