// Message waiting (application/simple-message-summary, RFC 3842 §5.2): lines of text. Headers of
// single messages behind the empty line are not read.
// Views into the body. Pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

constexpr size_t kMessageSummaryBytesMax = 4096;

struct MessageCounts {
  uint32_t fresh = 0;
  uint32_t old = 0;
  uint32_t fresh_urgent = 0;
  uint32_t old_urgent = 0;
};

struct MessageSummary {
  bool waiting = false;
  base::Bytes account;  // a URI; "" if not said
  bool has_voice = false;
  MessageCounts voice;
  bool has_text = false;
  MessageCounts text;
};

// False: no Messages-Waiting on the first line, or counts that are none; counted.
[[nodiscard]] bool read_message_summary(base::Bytes body, MessageSummary& out);
void write_message_summary(const MessageSummary& summary, base::Sink& out);

}  // namespace sip
