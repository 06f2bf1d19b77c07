// One TCP or TLS connection that speaks SIP: cuts its bytes into messages, answers keep-alives
// (RFC 5626 §4.4.1), and ends when the framing is lost or nothing comes. One that we have made asks
// itself when there is silence, and ends when a peer that used to answer does not any more. Where
// certificates are asked for, it ends as well if the one that is shown is none of a trunk peer's;
// else it is that peer's alone. Owned by the engine, on the shard that accepted it, where it stays.
// Memory: one unfinished message (Options::message), counted against Options::unfinished_bytes_max
// of the shard.
#pragma once

#include "engine/base/intrusive_list.h"
#include "engine/seam/service.h"
#include "protocols/sip/message/stream_framer.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

class Service;

class Connection final : public engine::Peer, public base::ListNode<> {
 public:
  Connection(Service& service, const Flow& flow, engine::Turn& turn);
  ~Connection() override;

  void on_bytes(base::Bytes in, engine::Turn& turn) override;
  void on_secured(const engine::TlsFacts& facts, engine::Turn& turn) override;
  void on_handshake_failed(const engine::TlsFailure& why, engine::Turn& turn) override;
  void on_moved(engine::ConnectionId connection, engine::Turn& turn) override;
  void on_congestion(bool congested, engine::Turn& turn) override;
  void on_sent(engine::Turn& turn) override;
  void on_closed(engine::CloseReason reason, engine::Turn& turn) override;

  void close(engine::Turn& turn);
  const Flow& flow() const { return flow_; }

 private:
  bool mutual() const;
  bool ours() const { return flow_.listener == engine::kNoListener; }  // we have made it
  void feed(base::Bytes in, engine::Turn& turn);
  void refuse(engine::Turn& turn);
  void hold(engine::Turn& turn);
  base::Instant end_of_patience() const;
  base::Instant deadline() const;
  void on_time(engine::Turn& turn);
  void ping(engine::Turn& turn);
  void give_up(engine::Turn& turn);
  void stop(engine::Turn& turn);

  Service& service_;
  Flow flow_;
  StreamFramer framer_;
  size_t held_ = 0;             // of the service's sum
  base::Instant last_message_;  // or keep-alive
  base::Instant last_heard_;
  base::Instant pinged_{};
  bool spoken_ = false;       // has said something whole
  bool awaits_pong_ = false;  // nothing has come since
  bool pongs_ = false;        // has answered one
  bool closing_ = false;
  engine::MemberTimer<Connection, &Connection::on_time> timer_{*this};
};

}  // namespace sip
