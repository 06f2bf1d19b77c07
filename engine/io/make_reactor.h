// Chooses and makes a shard's Reactor. Called in the thread that will use it, because a ring with
// a single issuer belongs to the thread that made it.
// Any thread; the result belongs to the calling one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/io/reactor.h"

namespace engine {

enum class ReactorKind : uint8_t {
  automatic,  // uring where the kernel lets us, else epoll with an alarm
  uring,      // uring or an error
  epoll,
};

struct MadeReactor {
  std::unique_ptr<Reactor> reactor;
  std::string alarm;  // why uring could not be had and what to do about it; usually empty
};

base::Result<MadeReactor> make_reactor(ReactorKind kind, const ReactorLimits& limits);

}  // namespace engine
