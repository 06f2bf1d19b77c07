// What the suites over real sockets run on: both backends, and the ring with sockets of its own.
// A suite makes one reactor at a time of each, on the thread that runs the test.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/io/make_reactor.h"

namespace test {

enum class Backend : uint8_t { uring, epoll, uring_direct };

inline engine::ReactorKind kind_of(Backend backend) {
  return backend == Backend::epoll ? engine::ReactorKind::epoll : engine::ReactorKind::uring;
}

// Of a ring's table: room for what a test opens.
inline uint32_t direct_descriptors(Backend backend) {
  return backend == Backend::uring_direct ? 256 : 0;
}

inline auto all_backends() {
  return testing::Values(Backend::uring, Backend::epoll, Backend::uring_direct);
}

inline std::string backend_name(const testing::TestParamInfo<Backend>& backend) {
  switch (backend.param) {
    case Backend::uring:
      return "uring";
    case Backend::epoll:
      return "epoll";
    case Backend::uring_direct:
      break;
  }
  return "uring_direct";
}

}  // namespace test
