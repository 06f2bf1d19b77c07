// What one source says of its user: an XMPP resource, something published by SIP, a phone line, a
// calendar. The wires make it from what they are sent; it knows none of their documents. Views
// only, valid during the call; pack() makes the copy that a presentity and the journal keep.
// Limits: Limits of the presentity (options.h).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/time.h"
#include "protocols/im/presentity/activity.h"

namespace im {

enum class SourceKind : uint8_t {
  resource,     // a connected XMPP client
  publication,  // a SIP client's (RFC 3903)
  line,         // a phone's line, told by a call manager
  calendar,
};

enum class Basic : uint8_t { unknown, open, closed };  // RFC 3863 §4.1.4, tolerantly

enum class LineState : uint8_t { unknown, idle, alerting, busy, on_hold };

// RFC 5196 §3: what a device can do. A set of bits.
enum Capability : uint16_t {
  kCapabilityAudio = 1,
  kCapabilityVideo = 2,
  kCapabilityText = 4,
  kCapabilityMessage = 8,
  kCapabilityApplication = 16,
  kCapabilityData = 32,
  kCapabilityControl = 64,
};

constexpr uint16_t kPriorityMax = 1000;  // thousandths (RFC 3863 §4.1.5: three decimals)
constexpr uint16_t kNoPriority = UINT16_MAX;

// One way to reach the user (RFC 3863 §4.1.3).
struct ReportTuple {
  base::Bytes id;
  base::Bytes contact;  // a URI, "" if none
  base::Bytes note;
  Activities activities;  // said of this device rather than of the person
  uint16_t priority = kNoPriority;
  uint16_t capabilities = 0;
  Basic basic = Basic::unknown;
};

struct Report {
  SourceKind kind = SourceKind::publication;
  LineState line = LineState::unknown;  // SourceKind::line alone
  bool idle = false;                    // <user-input>idle (RFC 4480 §3.14)
  bool has_show = false;                // says `show` in so many words: an XMPP client, or PIDF
  Availability show = Availability::available;  // with <show/> (RFC 8048 §4.2)
  Activities activities;                        // of the person (RFC 4479 §3.2)
  base::Bytes name;       // tells sources of one kind apart: device, line, person id
  base::Bytes note;       // of the person, or of the whole document
  base::Bytes lang;       // of the notes
  base::Bytes extension;  // what the wire wants to hand on as it came
  base::WallTime since;   // zero: not said
  std::vector<ReportTuple> tuples;
};

// As one block of bytes. unpack() gives views of `in`, and reuses the room of `out`'s tuples;
// false: not such a block, or of another version.
void pack(const Report& report, base::Sink& out);  // appends
[[nodiscard]] bool unpack(base::Bytes in, Report& out);

}  // namespace im
