#include "appliance/profile/profile.h"

#include <algorithm>

namespace appliance {
namespace {

constexpr Profile kProfiles[] = {
#define PROFILE(symbol, name, users, vcpus, memory, disk) \
  {name, users, users + users / 2, vcpus, memory, disk},
#include "appliance/profile/profiles.def"
#undef PROFILE
};

constexpr bool ascending() {
  for (size_t i = 1; i < std::size(kProfiles); ++i) {
    if (kProfiles[i].users <= kProfiles[i - 1].users) return false;
    if (kProfiles[i].vcpus < kProfiles[i - 1].vcpus) return false;
    if (kProfiles[i].memory_gib < kProfiles[i - 1].memory_gib) return false;
  }
  return true;
}
static_assert(ascending(), "detection takes the last profile that fits");

}  // namespace

std::span<const Profile> all_profiles() { return kProfiles; }

const Profile* find_profile(base::Bytes name) {
  for (const Profile& profile : kProfiles) {
    if (name == profile.name) return &profile;
  }
  return nullptr;
}

bool fits(const Profile& profile, const Machine& machine) {
  // Firmware and kernel keep a part of what a virtual machine was given: up to a tenth is missing
  // from what it reports.
  const uint64_t needed = (static_cast<uint64_t>(profile.memory_gib) << 30) / 10 * 9;
  return machine.cpus >= profile.vcpus && machine.memory_bytes >= needed;
}

const Profile& detect_profile(const Machine& machine) {
  const Profile* best = &kProfiles[0];
  for (const Profile& profile : kProfiles) {
    if (fits(profile, machine)) best = &profile;
  }
  return *best;
}

uint16_t default_shards(const Profile& profile, const Machine& machine) {
  return std::max<uint16_t>(1, std::min(profile.vcpus, machine.cpus));
}

}  // namespace appliance
