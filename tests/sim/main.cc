// tests/sim: `sim --seed N`, `sim --seeds A..B`. Every seed runs twice and must have one fate.
// `--grep TEXT` prints what clients say and hear where it contains TEXT.
// Prints one line on failure with the command that repeats it.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/sim/client.h"
#include "tests/sim/episode.h"

static bool run_seed(uint64_t seed, bool verbose) {
  const sim::Verdict first = sim::run_episode(seed);
  const sim::Verdict second = sim::run_episode(seed);
  const auto number = static_cast<unsigned long long>(seed);
  if (verbose) {
    std::printf("seed %llu hash %016llx messages %llu logins %llu resumptions %llu\n", number,
                static_cast<unsigned long long>(first.hash),
                static_cast<unsigned long long>(first.messages),
                static_cast<unsigned long long>(first.logins),
                static_cast<unsigned long long>(first.resumptions));
  }
  if (!first.wrong.empty()) {
    std::printf("FAILED: %s\n  repeat: sim --seed %llu\n", first.wrong.c_str(), number);
    return false;
  }
  if (first.hash != second.hash) {
    std::printf("FAILED: two fates\n  repeat: sim --seed %llu\n", number);
    return false;
  }
  return true;
}

int main(int argc, char** argv) {
  uint64_t from = 1;
  uint64_t to = 20;
  bool verbose = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0) {
      from = to = std::strtoull(argv[i + 1], nullptr, 10);
      verbose = true;
    } else if (std::strcmp(argv[i], "--seeds") == 0) {
      char* rest = nullptr;
      from = std::strtoull(argv[i + 1], &rest, 10);
      if (std::strncmp(rest, "..", 2) != 0) return 2;
      to = std::strtoull(rest + 2, nullptr, 10);
    } else if (std::strcmp(argv[i], "--grep") == 0) {
      sim::grep = argv[i + 1];
    } else {
      std::fprintf(stderr, "usage: sim [--seed N | --seeds A..B] [--grep TEXT]\n");
      return 2;
    }
  }
  uint64_t failures = 0;
  for (uint64_t seed = from; seed <= to; ++seed) failures += run_seed(seed, verbose) ? 0 : 1;
  const auto count = static_cast<unsigned long long>(to - from + 1);
  std::printf("%llu seeds, %llu failed\n", count, static_cast<unsigned long long>(failures));
  return failures == 0 ? 0 : 1;
}
