// One shard's way to a trunk peer: where it is, the connection to there if it is spoken with by
// such, and what waits until both are known. What happens when, is Outgoing's, who owns it.
// Limits: kWaitingBytesMax of requests that wait; how long an answer of DNS is kept.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/seam/names.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/method.h"
#include "protocols/sip/peer.h"

namespace sip {

class Connection;

struct Trunk {
  static constexpr size_t kWaitingBytesMax = 1 << 20;
  // Handed to the connection and not known to have left it; what is more waits. With what is sent
  // while that is asked, twice as much: less than net.send_hard_bytes, which would end it.
  static constexpr size_t kUnsentBytesMax = 192 << 10;

  // However long DNS says that an answer is good for; and if there was none.
  static constexpr base::Duration kFreshMin = base::Duration::seconds(30);
  static constexpr base::Duration kFreshMax = base::Duration::seconds(3600);
  static constexpr base::Duration kNowhere = base::Duration::seconds(10);

  enum class State : uint8_t { idle, locating, connecting, securing, ready };

  // A request before it has a branch.
  struct Waiting {
    Method method;
    Request how;  // its views are of `text`
    std::string text;
    base::Bytes rest;
    uint64_t ticket;
  };

  explicit Trunk(TrunkPeer whose);

  // Keeps a copy; false: too much waits.
  [[nodiscard]] bool wait(Method method, const Request& how, base::Bytes rest, uint64_t ticket);
  std::vector<std::unique_ptr<Waiting>> take_waiting();
  std::unique_ptr<Waiting> take_one();  // the oldest; null: none
  size_t waiting() const { return waiting_.size(); }
  bool has_room() const { return waiting_bytes_ < kWaitingBytesMax / 2; }

  // The connection takes no more at present.
  bool behind() const { return unsent >= kUnsentBytesMax; }

  // Is it known where the peer is, or that it is nowhere?
  bool located(base::Instant now) const { return now < located_until_; }
  // What DNS has said. If that was nothing, what it said before stands.
  void locate(const engine::NameQuestion& answer, base::Random& random, base::Instant now);
  const std::vector<base::SocketAddress>& targets() const { return targets_; }  // present one first
  void rotate();  // the present one is the last now

  const TrunkPeer peer;
  State state = State::idle;
  uint64_t token = 0;                // of what was asked for: where it is, or a connection
  size_t tried = 0;                  // targets, in vain, since the last one that was good
  Connection* connection = nullptr;  // while securing or ready
  Flow flow;                         // of that
  engine::ConnectionId lost;         // requests that were sent by it are to be sent again
  size_t unsent = 0;                 // see kUnsentBytesMax
  bool asked = false;                // … when it has left
  bool unreachable = false;          // the operator has been told

 private:
  std::deque<std::unique_ptr<Waiting>> waiting_;
  size_t waiting_bytes_ = 0;
  std::vector<base::SocketAddress> targets_;
  base::Instant located_until_{};
};

}  // namespace sip
