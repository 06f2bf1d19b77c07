// Where a message came from, and so the way back: a connection, or a listener's socket and an
// address (RFC 3261 §18). Plain values; any shard may hold one, the shard of the connection or of
// the socket sends on it. Errors: none here; what cannot be sent is dropped and counted by the
// engine, and the transaction's timers tell.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/seam/ids.h"
#include "engine/seam/outbox.h"
#include "protocols/sip/header/via.h"

namespace sip {

constexpr uint16_t kDefaultPort = 5060;
constexpr uint16_t kDefaultTlsPort = 5061;
constexpr size_t kUnreliableBytesMax = 1300;  // §18.1.1: larger requests take a stream

struct Flow {
  engine::ConnectionId connection;  // none: datagrams
  base::SocketAddress remote;
  uint16_t listener = 0;  // of datagrams, and of connections that we have accepted
  // TrunkPeer::id of the one its certificate names, or that we have connected to: none else speaks
  // there. 0: whoever sends from there.
  uint64_t peer = 0;
  // Streams repeat nothing and lose nothing, so timers A, E, G, I, J, K do not run (§17).
  bool reliable() const { return static_cast<bool>(connection); }
};

void send(const Flow& flow, base::Bytes bytes, engine::Outbox& out);

// The way a response takes (§18.2.2, RFC 3581 §4): the request's connection; or its source address,
// at the source port where rport was asked for, else at the port of sent-by. What the sender wrote
// into maddr or received moves nothing: it could name a victim.
Flow response_flow(const Via& via, const Flow& source);

// What an open connection may be used again for (§18, RFC 5923): the same transport to the same
// address; of a TLS connection also the name that its certificate was held against.
struct ConnectionKey {
  base::SocketAddress remote;
  Via::Transport transport = Via::Transport::other;
  base::Bytes server_name;  // empty without TLS; compared without regard to case
};
void append_connection_key(const ConnectionKey& key, base::Sink& out);  // equal if and only if

}  // namespace sip
