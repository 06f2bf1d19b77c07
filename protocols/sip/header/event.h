// What event notification needs: Event and Allow-Events (RFC 6665 §8.2.1, §8.2.2), and
// Subscription-State (§8.2.3).
// Views into the value; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

struct Event {
  base::Bytes package;     // "presence", or with templates "presence.winfo"; case counts (§8.2.1)
  base::Bytes id;          // empty: none
  base::Bytes parameters;  // well-formed, from the first ';' on
};
[[nodiscard]] bool parse_event(base::Bytes value, Event& out);
Read read_event(const Message& message, Event& out);

struct SubscriptionState {
  enum class State : uint8_t { other, active, pending, terminated };
  // §4.1.3; `other` is treated as none given.
  enum class Reason : uint8_t {
    none,
    deactivated,
    probation,
    rejected,
    timeout,
    giveup,
    noresource,
    invariant,
    other
  };
  State state = State::other;
  Reason reason = Reason::none;
  bool has_expires = false;
  bool has_retry_after = false;
  uint32_t expires = 0;      // seconds
  uint32_t retry_after = 0;  // seconds
};
[[nodiscard]] bool parse_subscription_state(base::Bytes value, SubscriptionState& out);
Read read_subscription_state(const Message& message, SubscriptionState& out);
base::Bytes wire_name(SubscriptionState::Reason reason);  // not of none and other

}  // namespace sip
