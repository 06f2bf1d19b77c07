// A user's wish what the archive shall keep (XEP-0441). Who has never said anything has none, and
// the operator's default holds.
// Values; in memory with the User, at rest in the store with the account.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace im {

enum class ArchiveDefault : uint8_t {
  always,
  never,
  roster,  // only what is exchanged with a contact in the roster
};

struct ArchivePreferences {
  ArchiveDefault by_default = ArchiveDefault::always;
  std::vector<std::string> always;  // normalised JIDs, sorted, each once; bare ones match resources
  std::vector<std::string> never;   // the same; wins over `always`
  friend bool operator==(const ArchivePreferences&, const ArchivePreferences&) = default;
};

}  // namespace im
