// How presence of several sources becomes one, and how much of it one user may have.
// Filled in by appliance/config as part of im::Options; shared, read only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace im {

// What a source can claim; the first of CompositionRules::order that anybody claims is what the
// user is. README.md has the table.
enum class Claim : uint8_t {
  do_not_disturb,  // set by hand: an XMPP client's dnd, "dnd" of a publication or a phone
  on_the_phone,
  meeting,  // meeting, appointment, presentation
  busy,
  available,
  away,
  extended_away,
  offline,  // always claimed
};
constexpr size_t kClaims = 8;

struct CompositionRules {
  std::array<Claim, kClaims> order = {Claim::do_not_disturb, Claim::on_the_phone, Claim::meeting,
                                      Claim::busy,           Claim::available,    Claim::away,
                                      Claim::extended_away,  Claim::offline};
  bool alerting_is_on_the_phone = false;  // a ringing phone counts like a call
  bool hold_is_on_the_phone = true;
  bool idle_line_is_available = false;  // a phone on its hook alone makes its user available
  bool complete() const;                // `order` has every claim once, offline last
};

// How XMPP clients are told what no XMPP client of the user says: as presence of one more resource.
struct ShownPresence {
  std::string resource = "phone";  // reserved; a client that wants to bind it gets another
  int8_t priority = 127;           // clients show the resource of the highest
  bool busy_as_away = false;       // <show>away</show> in place of dnd
  std::string on_the_phone = "On the phone";
  std::string meeting = "In a meeting";
  std::string busy = "Busy";
  std::string do_not_disturb = "Do not disturb";
  std::string lang;  // of these texts; "" says nothing
};

struct PresentityOptions {
  CompositionRules rules;
  ShownPresence shown;
  uint32_t sources_max = 32;              // publications, lines and calendars of one user
  uint32_t source_bytes_max = 16 * 1024;  // of one, packed
  uint32_t bytes_max = 64 * 1024;         // of all of one user
  uint32_t tuples_max = 16;               // of one source
  uint32_t watchers_max = 1000;           // of one user, beside XMPP subscribers
  uint32_t interval_ms = 0;               // between two notifications about a user (RFC 3856: 5 s)
};

}  // namespace im
