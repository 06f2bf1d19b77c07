// Effects as data: what a protocol wants done, in order. The engine carries them out when the
// callback has returned (engine/net/effects.cc); the simulation carries out the same list.
// One per shard, reused every callback; nothing in it outlives the turn.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/seam/connect.h"
#include "engine/seam/envelope.h"
#include "engine/seam/ids.h"
#include "engine/seam/question.h"

namespace engine {

enum class EffectKind : uint8_t {
  send,         // bytes [offset, offset+length) of Outbox::bytes
  start_tls,    // after what was sent before it has left; bytes received meanwhile are discarded
  close,        // orderly: flush (5 s at most), TLS close_notify, FIN; Peer::on_closed follows
  abort,        // at once, whatever is queued
  move,         // hand the connection and its Peer to shard `shard`; Peer::on_moved runs there
  pause,        // stop reading from the connection
  resume,       // read again
  notify_sent,  // Peer::on_sent, once the socket has taken all that was sent before
  mail,         // post Outbox::mail[offset]
  ask,          // pass Outbox::questions[offset] to the store
  datagram,     // send Outbox::datagrams[offset]
  connect,      // carry out Outbox::connects[offset]
};

struct Effect {
  EffectKind kind;
  ShardId shard = 0;
  ConnectionId connection;
  uint32_t length = 0;
  uint64_t offset = 0;  // 64 bits: one callback may fan a large stanza out to very many
};

// A datagram to be sent from a listener's socket; bytes [offset, offset+length) of Outbox::bytes.
struct OutgoingDatagram {
  base::SocketAddress to;
  uint16_t listener = 0;
  uint32_t length = 0;
  uint64_t offset = 0;
};

struct OutgoingConnection {
  uint64_t token = 0;
  Connect how;
};

class Outbox {
 public:
  static constexpr size_t kKeptBytes = 1 << 20;  // of sends, from turn to turn
  static constexpr size_t kKeptEffects = 1 << 16;
  static constexpr uint32_t kJoinedBytesMax = 1u << 30;

  // Copies; adjacent sends to one connection are joined into one effect.
  void send(ConnectionId connection, base::Bytes bytes);
  // For writers that build in place: append to the sink, then call end_send(). No other effect may
  // be added in between, and nothing before the sink's present end may be touched.
  base::Sink& begin_send(ConnectionId connection);
  void end_send();

  void start_tls(ConnectionId connection) { push(EffectKind::start_tls, connection); }
  void close(ConnectionId connection) { push(EffectKind::close, connection); }
  void abort(ConnectionId connection) { push(EffectKind::abort, connection); }
  void move(ConnectionId connection, ShardId to) { push(EffectKind::move, connection, to); }
  void pause(ConnectionId connection) { push(EffectKind::pause, connection); }
  void resume(ConnectionId connection) { push(EffectKind::resume, connection); }
  void notify_sent(ConnectionId connection) { push(EffectKind::notify_sent, connection); }
  void mail(EnvelopePtr envelope);
  void ask(QuestionPtr question);

  // From this shard's socket of a datagram listener. UDP promises nothing, and neither does this:
  // what cannot be sent, or finds the shard's queue full, is dropped and counted (NetOptions).
  void send_datagram(uint16_t listener, const base::SocketAddress& to, base::Bytes bytes);
  base::Sink& begin_datagram(uint16_t listener, const base::SocketAddress& to);  // as begin_send()
  void end_datagram();

  // Ends, on this shard, in Service::on_connected() or Service::on_connect_failed() with `token`,
  // which is the caller's and means nothing here. There is no taking it back: a service that has
  // changed its mind returns no Peer.
  void connect(uint64_t token, Connect how);

  // The engine's side.
  const std::vector<Effect>& effects() const { return effects_; }
  base::Bytes bytes(const Effect& effect) const;
  EnvelopePtr take_mail(const Effect& effect);
  QuestionPtr take_question(const Effect& effect);
  const OutgoingDatagram& datagram(const Effect& effect) const;
  base::Bytes bytes(const OutgoingDatagram& datagram) const;
  OutgoingConnection take_connect(const Effect& effect);
  void clear();  // keeps capacity, up to kKeptBytes
  bool empty() const { return effects_.empty(); }

 private:
  bool building() const { return building_ || building_datagram_; }
  void push(EffectKind kind, ConnectionId connection, ShardId shard = 0);

  std::vector<Effect> effects_;
  base::Sink bytes_;
  std::vector<EnvelopePtr> mail_;
  std::vector<QuestionPtr> questions_;
  std::vector<OutgoingDatagram> datagrams_;
  std::vector<OutgoingConnection> connects_;
  ConnectionId building_;
  bool building_datagram_ = false;  // the last of datagrams_
  size_t building_from_ = 0;
};

}  // namespace engine
