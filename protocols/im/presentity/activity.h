// What somebody is doing, and how much of him is there for others: the vocabulary that both wires
// translate to and from. Activities are those of RPID (RFC 4480 §3.2), with what call managers add.
// Values; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace im {

// From least to most; XMPP says it as <show/> (RFC 6121 §4.7.2.1), SIP as basic and activities.
enum class Availability : uint8_t {
  offline,
  extended_away,  // xa
  away,
  available,
  busy,  // XMPP has one word for this and the next: dnd
  do_not_disturb,
};

enum class Activity : uint8_t {
  appointment,
  away,
  breakfast,
  busy,
  dinner,
  holiday,
  in_transit,
  looking_for_work,
  lunch,
  meal,
  meeting,
  on_the_phone,
  other,
  performance,
  permanent_absence,
  playing,
  presentation,
  shopping,
  sleeping,
  spectator,
  steering,
  travel,
  tv,
  unknown,
  vacation,
  working,
  worship,
  // urn:cisco:params:xml:ns:pidf:rpid, and forms of it that others send
  alerting,
  on_hold,
  do_not_disturb,
  available,
  unavailable,
};
constexpr int kActivities = 32;

// A set of activities.
struct Activities {
  uint32_t bits = 0;

  void add(Activity activity) { bits |= uint32_t{1} << static_cast<int>(activity); }
  void remove(Activity activity) { bits &= ~(uint32_t{1} << static_cast<int>(activity)); }
  bool has(Activity activity) const { return (bits >> static_cast<int>(activity) & 1) != 0; }
  bool empty() const { return bits == 0; }
  friend bool operator==(Activities a, Activities b) { return a.bits == b.bits; }
};

base::Bytes name(Activity activity);  // "on-the-phone": the element's name
bool is_standard(Activity activity);  // RFC 4480, not a call manager's
// Upper and lower case alike. False: no activity we know.
[[nodiscard]] bool parse_activity(base::Bytes name, Activity& out);

}  // namespace im
