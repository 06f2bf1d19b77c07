// What clients say in bulk, made once and then only given a new tick: chat messages, presence, and
// the frames of --raw that stand for them. All of one length. Also the reader of those frames, for
// the relay. One thread.
//
// A frame (--raw) is a kind, four hexadecimal digits of its whole length, eight of a connection's
// number, and anything after that: H says "I am this number" and is sent back, M goes to this
// connection, F goes to all of the group that begins with it: as many as four more digits say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/options.h"

namespace load {

struct Template {
  std::string text;
  size_t tick_at = 0;
};

inline constexpr size_t kFrameHeaderBytes = 13;
inline constexpr size_t kFrameGroupBytes = 4;
inline constexpr size_t kFrameBytesMax = 0xFFFF;

// At least as long as it must be, and `bytes` long if that is more.
Template message_template(const Options& options, bool to_full_jid, uint32_t to, size_t bytes);
Template presence_template(const Options& options, uint32_t from, size_t bytes);

std::string hello_frame(uint32_t number);

struct FrameHeader {
  char kind = 0;
  uint32_t length = 0;
  uint32_t number = 0;
  uint32_t count = 0;  // of F
};

enum class FrameStatus : uint8_t { complete, incomplete, malformed };

// Reads the header at the beginning of `bytes`; complete if all of the frame is there.
FrameStatus read_frame(std::string_view bytes, FrameHeader& out);

}  // namespace load
