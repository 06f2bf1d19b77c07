#include "tests/sim/fate.h"

#include <cerrno>

#include "tests/sim/world.h"

namespace sim {

FateCounts& FateCounts::operator+=(const FateCounts& other) {
  power_cuts += other.power_cuts;
  process_deaths += other.process_deaths;
  interrupted_starts += other.interrupted_starts;
  disk_failures += other.disk_failures;
  disk_full += other.disk_full;
  refusals += other.refusals;
  entries_recovered += other.entries_recovered;
  return *this;
}

bool Fate::chance(uint32_t permille) {
  return permille > 0 && world_.random().below(1000) < permille;
}

void Fate::act() {
  if (!world_.up()) return;
  base::Prng& random = world_.random();
  if (chance(options_.death)) strike();
  if (chance(options_.disk_full)) fill_disk();
  if (chance(options_.disk_failure)) {
    ++counts_.disk_failures;
    const bool write = random.below(2) == 0;
    (write ? world_.disk().files().write_error : world_.disk().files().sync_error) = EIO;
  }
}

void Fate::strike() {
  if (!world_.up() || options_.death == 0) return;
  base::Prng& random = world_.random();
  const Death how = random.below(4) == 0 ? Death::process : Death::power;
  world_.crash_after(1 + random.below(random.below(2) == 0 ? 20 : 300), how);
}

bool Fate::disk_is_full() const { return world_.disk().files().capacity != UINT64_MAX; }

void Fate::fill_disk() {
  test::MemoryDisk& files = world_.disk().files();
  if (disk_is_full()) return;
  ++counts_.disk_full;
  const uint64_t rooms = world_.random().below(3);
  files.capacity = files.bytes() + rooms * world_.options().journal.segment_bytes;
  const auto spell =
      base::Duration::milliseconds(static_cast<int64_t>(200 + world_.random().below(8000)));
  world_.clock().after(spell, [this, number = ++spells_] {
    if (number == spells_) world_.disk().files().capacity = UINT64_MAX;
  });
}

void Fate::before_start() {
  test::MemoryDisk& files = world_.disk().files();
  files.write_error = files.sync_error = 0;
  if (chance(options_.interrupted_start)) files.changes_left = 1 + world_.random().below(60);
}

base::Duration Fate::downtime() {
  const uint64_t most = world_.random().below(4) == 0 ? 20000 : 500;
  return base::Duration::milliseconds(static_cast<int64_t>(world_.random().below(most)));
}

void Fate::end() {
  options_ = {};
  test::MemoryDisk& files = world_.disk().files();
  files.capacity = UINT64_MAX;
  files.write_error = files.sync_error = 0;
}

}  // namespace sim
