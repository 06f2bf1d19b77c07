// How a ring tells completions apart: the operation in the top four bits of the user data, and
// above the operations that callers know those of the reactor's own.
// Internal to engine/io.
#pragma once

#include <cstdint>

#include "engine/base/check.h"
#include "engine/io/reactor.h"

namespace engine {

constexpr uint16_t kBufferGroup = 0;
constexpr uint16_t kDatagramGroup = 1;
constexpr unsigned kOperationShift = 60;
constexpr uint64_t kUserDataMask = (uint64_t{1} << kOperationShift) - 1;
// Results nobody waits for: of cancel and close.
constexpr uint64_t kIgnored = UINT64_MAX;
constexpr uint64_t kForbidden = UINT64_MAX - 1;
constexpr uint64_t kWake = uint64_t{static_cast<uint8_t>(Operation::wake)} << kOperationShift;

constexpr uint64_t kRegistered = uint64_t{9} << kOperationShift;     // plus the user data
// Plus the socket, and above it how many datagrams.
constexpr uint64_t kDatagramSent = uint64_t{10} << kOperationShift;
constexpr unsigned kDatagramCountShift = 32;
constexpr uint64_t kShutDown = uint64_t{14} << kOperationShift;      // plus the socket
constexpr uint64_t kInstalled = uint64_t{13} << kOperationShift;
constexpr uint64_t kWritten = uint64_t{12} << kOperationShift;
constexpr uint64_t kSynced = uint64_t{11} << kOperationShift;

// A direct descriptor is its index in the ring's table with this bit, which no ordinary one has.
constexpr int kDirect = 1 << 30;
constexpr bool is_direct(int socket) { return (socket & kDirect) != 0; }

// IORING_OP_FIXED_FD_INSTALL of Linux 6.8; older headers lack the name.
constexpr uint8_t kOpFixedFdInstall = 54;

inline uint64_t tagged(Operation operation, uint64_t user_data) {
  CHECK((user_data & ~kUserDataMask) == 0);
  return user_data | uint64_t{static_cast<uint8_t>(operation)} << kOperationShift;
}

}  // namespace engine
