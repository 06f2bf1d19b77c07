// What befalls the node and its disk: it dies, its disk fails, is full, is slow.
// One per world; the random choices come from the world's one generator.
#pragma once

#include <cstdint>

#include "engine/base/time.h"

namespace sim {

class World;

// Chances in a thousand, each time fate is tempted. All zero: nothing happens.
struct FateOptions {
  uint32_t death = 0;
  uint32_t disk_full = 0;
  uint32_t disk_failure = 0;       // a write or a sync fails, and the node ends
  uint32_t interrupted_start = 0;  // of the starts: the power fails once more
  uint32_t reshard = 0;            // … the number of shards has changed
};

// What has happened.
struct FateCounts {
  uint64_t power_cuts = 0;
  uint64_t process_deaths = 0;
  uint64_t interrupted_starts = 0;  // by power cuts, which are counted there, too
  uint64_t disk_failures = 0;
  uint64_t disk_full = 0;
  uint64_t refusals = 0;  // times a journal stopped taking new entries
  uint64_t entries_recovered = 0;

  FateCounts& operator+=(const FateCounts& other);
};

class Fate {
 public:
  Fate(World& world, const FateOptions& options) : world_(world), options_(options) {}

  void act();
  void strike();  // the node dies within some steps, where it dies at all
  void end();  // nothing happens any more, and the disk has room
  // A start is about to be made: what of the node is different, and how far it will get.
  void before_start();
  bool disk_is_full() const;
  bool chance(uint32_t permille);
  base::Duration downtime();
  FateCounts& counts() { return counts_; }
  const FateCounts& counts() const { return counts_; }

 private:
  void fill_disk();

  World& world_;
  FateOptions options_;
  FateCounts counts_;
  uint64_t spells_ = 0;  // of a full disk
};

}  // namespace sim
