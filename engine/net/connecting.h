// A connection that we are making and that does not stand yet.
// Belongs to the Network of the shard that asked for it.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/seam/outbox.h"
#include "engine/seam/timer.h"

namespace engine {

class Network;

struct Connecting final : Timer {
  Connecting(Network& whose, uint32_t name, OutgoingConnection asked)
      : network(whose), number(name), what(std::move(asked)) {}
  void fire(Turn& turn) override;  // connect_timeout

  Network& network;
  const uint32_t number;
  const OutgoingConnection what;
  bool cancelled = false;  // its completion is still to come
};

}  // namespace engine
