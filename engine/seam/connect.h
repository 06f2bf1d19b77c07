// An outgoing connection, as a protocol asks for it (Outbox::connect). The name has been resolved
// already: nothing here waits for DNS.
// Plain values; copied into the outbox.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/socket_address.h"

namespace engine {

struct Connect {
  base::SocketAddress remote;
  bool tls = false;          // the handshake follows at once; Peer::on_secured tells of its end
  uint16_t tls_context = 0;  // index into the node's client contexts (engine/tls/contexts.h)
  // Offered as SNI. A chain to an authority of the context is all that is demanded of the server's
  // certificate: what it must name, whoever asked for the connection knows (TlsFacts::peer_names).
  std::string server_name;
};

// Why there is no connection. A failed TLS handshake comes later, as Peer::on_closed.
enum class ConnectFailure : uint8_t {
  refused,      // a reset: nobody listens there
  unreachable,  // no route, no address of that family, or another error of the network
  timeout,      // NetOptions::connect_timeout
  limit,        // of connections or descriptors; try later
  no_context,   // TLS, and nothing to hold the server's certificate against
  shutdown,     // the node is stopping
};

}  // namespace engine
