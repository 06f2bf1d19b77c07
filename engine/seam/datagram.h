// One UDP datagram, whole or not at all: what was cut by the kernel never gets here.
// A view, valid during the callback.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"

namespace engine {

struct Datagram {
  uint16_t listener = 0;  // index into the listener list the node was started with
  base::SocketAddress remote;
  base::Bytes bytes;
};

}  // namespace engine
