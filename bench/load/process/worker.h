// A worker: one process with its share of the clients. Does what the master orders, one phase after
// the other, and keeps its clients in between.
#pragma once

#include <cstdint>

#include "bench/load/options.h"
#include "bench/load/process/shared.h"

namespace load {

// Which accounts are whose: whole cliques, and pairs of neighbours, stay together.
struct Slice {
  uint32_t first = 0;
  uint32_t count = 0;
};
Slice slice_of(const Options& options, uint32_t worker);

// Until the master closes `control`. Each byte that comes on it means that the order in `shared` is
// to be carried out; one byte goes back when that is done. Returns the exit code of the process.
int run_worker(const Options& options, uint32_t worker, int control, Shared& shared);

}  // namespace load
