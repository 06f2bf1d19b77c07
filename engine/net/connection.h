// One accepted stream socket: its state, nothing more; net/*.cc says what happens to it.
// Lives on one shard at a time and moves as a whole (moving.cc). An idle one holds no buffer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/net/send_queue.h"
#include "engine/net/source_limits.h"
#include "engine/seam/ids.h"
#include "engine/seam/service.h"
#include "engine/seam/timer.h"
#include "engine/tls/session.h"

namespace engine {

class Network;

enum class Phase : uint8_t {
  open,       // has a Peer
  moving,     // has a Peer; waits for operations in flight, then leaves for another shard
  flushing,   // Peer gone; what is queued still leaves, then FIN
  lingering,  // FIN sent; what arrives is thrown away until the other side's FIN
  ending,     // waits for the last completions, then the socket is closed
};

struct Connection final : Timer {
  // Why nothing is being received. Reading goes on when all bits are gone.
  enum Block : uint8_t {
    kPaused = 1,    // the peer asked
    kDeferred = 2,  // had its bytes for this turn, or mail to another shard is held up
    kHungry = 4,    // the receive buffers ran out
    kMoving = 8,
  };

  explicit Connection(SourceKey where) : source(where) {}
  void fire(Turn& turn) override;   // handshake, flush, linger and stall deadlines (closing.cc)

  bool has_peer() const { return phase == Phase::open || phase == Phase::moving; }
  bool encrypting() const { return tls != nullptr || starting_tls; }
  bool handshaking() const { return tls != nullptr && !secured; }
  uint32_t queued() const { return plain.size() + wire.size(); }

  Network* network = nullptr;        // of the owning shard
  ConnectionId id;
  int socket = -1;
  uint16_t listener = 0;
  Phase phase = Phase::open;
  uint8_t blocks = 0;
  bool receive_armed = false;        // its last completion has not come
  bool receive_cancelled = false;
  bool send_in_flight = false;
  bool dirty = false;                // is on the flush list
  bool deferred = false;             // is on the list for the next turn
  bool passing = false;              // the socket is on its way to the other shard's reactor
  bool congested = false;
  bool starting_tls = false;         // clear text still leaves; what comes in is thrown away
  bool secured = false;
  bool read_ended = false;           // FIN arrived; handled when carry-over is empty
  bool tls_ended = false;            // our close_notify is queued
  bool notify_asked = false;         // Peer::on_sent is owed; not counted off yet
  bool handshake_counted = false;    // among the shard's handshakes under way
  ShardId move_to = 0;
  uint32_t sending = 0;              // bytes of the send in flight
  uint32_t notify_left = 0;          // bytes of `wire` that must leave before Peer::on_sent
  uint32_t turn = 0;                 // the turn that turn_bytes speaks of
  uint32_t turn_bytes = 0;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<TlsSession> tls;
  std::unique_ptr<std::string> carry;  // received, not yet fed; only while blocked
  SendQueue plain;                   // to be encrypted; unused without TLS
  SendQueue wire;                    // ready to leave
  base::Instant deadline = base::Instant::never();  // of handshake, flush or linger
  base::Instant progress{};          // when bytes last left, or the send began
  SourceKey source;
};

static_assert(sizeof(Connection) <= 256, "an idle connection is small");

}  // namespace engine
