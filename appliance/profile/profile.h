// Profiles: how big this node is meant to be. One table (profiles.def) sets every limit that
// depends on size; the running profile is configured, or detected from the machine.
// Values, made at start and on reload by the main thread; read only afterwards.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/bytes.h"

namespace appliance {

struct Profile {
  const char* name;
  uint32_t users;
  uint32_t sessions;  // 1.5 x users (FEATURES N14): people carry a phone and a desk client
  uint16_t vcpus;
  uint32_t memory_gib;
  uint32_t disk_gib;
};

// What the machine offers this process: CPUs it may run on, memory it may use (the control
// group's limit where that is less than the machine's).
struct Machine {
  uint16_t cpus = 1;
  uint64_t memory_bytes = 0;
};

std::span<const Profile> all_profiles();        // smallest first
const Profile* find_profile(base::Bytes name);  // null: no such profile
// The largest profile whose CPUs and memory the machine has; the smallest if it has less than any.
const Profile& detect_profile(const Machine& machine);
// True where the machine has what the profile was measured with.
bool fits(const Profile& profile, const Machine& machine);
// One shard a CPU, but never more than the profile was made for.
uint16_t default_shards(const Profile& profile, const Machine& machine);

Machine this_machine();

}  // namespace appliance
