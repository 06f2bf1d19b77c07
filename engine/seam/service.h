// The two faces a protocol shows the engine. A Service is the protocol's presence on one shard:
// it makes a Peer for every accepted connection and receives the shard's mail and answers.
// A Peer is one connection's protocol state; it travels with the connection when that moves.
// All callbacks of one object run on the shard that owns it, one at a time, and put their effects
// into turn.out. No callback may block, throw, or keep a view it was given.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/seam/connect.h"
#include "engine/seam/datagram.h"
#include "engine/seam/turn.h"

namespace engine {

enum class CloseReason : uint8_t {
  by_us,          // an effect asked for it
  by_peer,        // orderly end from the other side (FIN, close_notify)
  network,        // reset, timeout, TLS record error
  tls_handshake,  // refused or timed out
  send_limit,     // its send queue passed the hard limit, or made no progress for too long
  shutdown,       // the node is stopping
};

// A name that a certificate vouches for. Only printable ASCII; DNS names and URIs' hosts are to be
// compared without regard to case (RFC 5922 §7).
struct CertificateName {
  enum class Kind : uint8_t {
    dns,          // subjectAltName dNSName
    uri,          // subjectAltName uniformResourceIdentifier, e.g. "sip:example.com"
    common_name,  // of the subject, and only where there is none of the above (RFC 5922 §7.1)
  };
  Kind kind = Kind::dns;
  std::string name;
};

// Facts about an established TLS session, for SASL channel binding, peers known by their
// certificate, and logs.
struct TlsFacts {
  uint16_t version = 0;  // 0x0303, 0x0304
  bool resumed = false;
  base::Bytes server_name;  // SNI, empty if none
  base::Bytes cipher;
  base::Bytes exporter;          // tls-exporter (RFC 9266), 32 bytes; empty where the handshake
                                 // does not bind it (TLS 1.2 without extended master secret)
  base::Bytes unique;            // tls-unique (RFC 5929 §3), and what clients that use it on
                                 // TLS 1.3 take for it; empty as above
  base::Bytes server_end_point;  // tls-server-end-point (RFC 5929): hash of our certificate
  // Of the other side's certificate, after its chain was verified; empty where none was demanded.
  std::span<const CertificateName> peer_names;
  base::Bytes peer_subject;  // "CN=gate.example.com,O=Example", for logs
};

// Why a handshake has failed, for logs.
struct TlsFailure {
  base::Bytes reason;        // in the library's words
  base::Bytes peer_subject;  // of the certificate that was refused; empty: there was none
};

constexpr uint16_t kNoListener = UINT16_MAX;

// How a connection came to be. The strings are valid only during accept() or on_connected().
struct Accepted {
  ConnectionId connection;
  uint16_t listener = 0;       // index into the listener list the node was started with;
                               // kNoListener: we have connected
  base::Bytes remote_address;  // text, without port
  uint16_t remote_port = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  // Decrypted bytes, in order, cut anywhere. Valid during the call; the peer keeps what it needs.
  virtual void on_bytes(base::Bytes in, Turn& turn) = 0;
  // The handshake is done (after start_tls, or at once on a direct TLS listener and where a
  // connection was asked for with TLS).
  virtual void on_secured(const TlsFacts& facts, Turn& turn) = 0;
  // It has failed, or was refused; on_closed() follows.
  virtual void on_handshake_failed(const TlsFailure& /*why*/, Turn& /*turn*/) {}
  // After a move effect: this is the new shard, `connection` the new name. The old one is dead.
  virtual void on_moved(ConnectionId connection, Turn& turn) = 0;
  // The send queue passed the soft limit (true) or fell to a quarter of it (false).
  virtual void on_congestion(bool congested, Turn& turn) = 0;
  // The answer to notify_sent, of which one at a time may be out: the kernel has taken all bytes
  // that were sent before it. There is none when the connection ends first.
  virtual void on_sent(Turn& turn) = 0;
  // The connection is gone; the Peer is destroyed after this returns. Sends are dropped.
  virtual void on_closed(CloseReason reason, Turn& turn) = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  virtual std::unique_ptr<Peer> accept(const Accepted& how, Turn& turn) = 0;  // null: refuse
  // For services with datagram listeners.
  virtual void on_datagram(const Datagram& /*datagram*/, Turn& /*turn*/) {}
  // The two answers to Outbox::connect(), for services that use it. With TLS the handshake goes on
  // after the first; its end is Peer::on_secured() or Peer::on_closed(). Null: not wanted any more.
  virtual std::unique_ptr<Peer> on_connected(uint64_t /*token*/, const Accepted& /*how*/,
                                             Turn& /*turn*/) {
    return nullptr;
  }
  virtual void on_connect_failed(uint64_t /*token*/, ConnectFailure /*why*/, Turn& /*turn*/) {}
  virtual void on_mail(const Envelope& mail, Turn& turn) = 0;
  // An envelope with OverflowPolicy::refuse came back because the mailbox was full.
  virtual void on_refused(const Envelope& mail, Turn& turn) = 0;
  virtual void on_answer(QuestionPtr answer, Turn& turn) = 0;
  // turn.journal.committed() has grown.
  virtual void on_committed(Turn& turn) = 0;
  // What was under way when the node stopped, entered in the journal again and in its old order.
  // Called once, before the first accept(), if there is anything.
  virtual void on_recovered(std::vector<JournalEntry> entries, Turn& turn) = 0;
  // The node drains: say goodbye to every peer. Called once.
  virtual void on_shutdown(Turn& turn) = 0;
};

}  // namespace engine
