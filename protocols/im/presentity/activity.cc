#include "protocols/im/presentity/activity.h"

#include <array>

#include "engine/base/check.h"

namespace im {
namespace {

// In the order of the enumeration. What a call manager names otherwise is known to the wire.
constexpr std::array<base::Bytes, kActivities> kNames = {"appointment",
                                                         "away",
                                                         "breakfast",
                                                         "busy",
                                                         "dinner",
                                                         "holiday",
                                                         "in-transit",
                                                         "looking-for-work",
                                                         "lunch",
                                                         "meal",
                                                         "meeting",
                                                         "on-the-phone",
                                                         "other",
                                                         "performance",
                                                         "permanent-absence",
                                                         "playing",
                                                         "presentation",
                                                         "shopping",
                                                         "sleeping",
                                                         "spectator",
                                                         "steering",
                                                         "travel",
                                                         "tv",
                                                         "unknown",
                                                         "vacation",
                                                         "working",
                                                         "worship",
                                                         "alerting",
                                                         "on-hold",
                                                         "dnd",
                                                         "available",
                                                         "unavailable"};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same(base::Bytes name, base::Bytes text) {
  if (name.size() != text.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] != lower(text[i])) return false;
  }
  return true;
}

}  // namespace

base::Bytes name(Activity activity) {
  const auto index = static_cast<size_t>(activity);
  CHECK(index < kNames.size());
  return kNames[index];
}

bool is_standard(Activity activity) { return activity < Activity::alerting; }

bool parse_activity(base::Bytes text, Activity& out) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!same(kNames[i], text)) continue;
    out = static_cast<Activity>(i);
    return true;
  }
  return false;
}

}  // namespace im
