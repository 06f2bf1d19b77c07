// One shard's way to a trunk peer that is spoken with by connection: the connection, or what waits
// until there is one. What happens when, is Outgoing's, who owns it.
// Limit: kWaitingBytesMax of requests that wait.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/method.h"
#include "protocols/sip/peer.h"

namespace sip {

class Connection;

struct Trunk {
  static constexpr size_t kWaitingBytesMax = 1 << 20;

  enum class State : uint8_t { idle, connecting, securing, ready };

  // A request before it has a branch.
  struct Waiting {
    Method method;
    Request how;  // its views are of `text`
    std::string text;
    base::Bytes rest;
    uint64_t ticket;
  };

  explicit Trunk(TrunkPeer whose) : peer(std::move(whose)) {}

  // Keeps a copy; false: too much waits.
  [[nodiscard]] bool wait(Method method, const Request& how, base::Bytes rest, uint64_t ticket);
  std::vector<std::unique_ptr<Waiting>> take_waiting();

  const TrunkPeer peer;
  State state = State::idle;
  uint64_t token = 0;                // of the connection that is being made
  Connection* connection = nullptr;  // while securing or ready
  Flow flow;                         // of that
  engine::ConnectionId lost;         // requests that were sent by it are to be sent again
  bool unreachable = false;          // the operator has been told

 private:
  std::vector<std::unique_ptr<Waiting>> waiting_;
  size_t waiting_bytes_ = 0;
};

}  // namespace sip
