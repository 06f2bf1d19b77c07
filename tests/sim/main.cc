// tests/sim: `sim --seed N`, `sim --seeds A..B`, `sim --minutes M [--seeds A..]`: new seeds for so
// long. Every seed runs twice and must have one fate.
// `--sip`: on both wires (wires.h).
// `--power-cuts N`: fails if there were fewer. `--grep TEXT` prints what clients say and hear where
// it contains TEXT, and every crash.
// Prints one line on failure with the command that repeats it, and at the end what has happened.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/sim/client.h"
#include "tests/sim/episode.h"

namespace {

struct Arguments {
  uint64_t from = 1;
  uint64_t to = 20;
  uint64_t power_cuts = 0;  // at least
  double seconds = 0;       // 0: as many seeds as were asked for
  bool verbose = false;
  sim::Verdict (*episode)(uint64_t seed) = sim::run_episode;
};

struct Totals {
  uint64_t seeds = 0;
  uint64_t failed = 0;
  uint64_t messages = 0;
  uint64_t resumptions = 0;
  uint64_t resumed_over_restart = 0;
  sim::FateCounts fate;
};

unsigned long long wide(uint64_t number) { return number; }

double now_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void add(const sim::Verdict& verdict, Totals& totals) {
  ++totals.seeds;
  totals.messages += verdict.messages;
  totals.resumptions += verdict.resumptions;
  totals.resumed_over_restart += verdict.resumed_over_restart;
  totals.fate += verdict.fate;
}

bool run_seed(uint64_t seed, const Arguments& how, Totals& totals) {
  const sim::Verdict first = how.episode(seed);
  const sim::Verdict second = how.episode(seed);
  const char* const sip = how.episode == sim::run_episode ? "" : "--sip ";
  add(first, totals);
  if (how.verbose) {
    std::printf("seed %llu hash %016llx messages %llu logins %llu resumptions %llu\n", wide(seed),
                wide(first.hash), wide(first.messages), wide(first.logins),
                wide(first.resumptions));
  }
  if (!first.wrong.empty()) {
    std::printf("FAILED: %s\n  repeat: sim %s--seed %llu\n", first.wrong.c_str(), sip, wide(seed));
    return false;
  }
  if (first.hash != second.hash) {
    std::printf("FAILED: two fates\n  repeat: sim %s--seed %llu\n", sip, wide(seed));
    return false;
  }
  return true;
}

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; i += 2) {
    if (std::strcmp(argv[i], "--sip") == 0) {
      out.episode = sim::run_wires_episode;
      --i;
      continue;
    }
    if (i + 1 == argc) return false;
    const char* value = argv[i + 1];
    char* rest = nullptr;
    if (std::strcmp(argv[i], "--seed") == 0) {
      out.from = out.to = std::strtoull(value, nullptr, 10);
      out.verbose = true;
    } else if (std::strcmp(argv[i], "--seeds") == 0) {
      out.from = std::strtoull(value, &rest, 10);
      if (std::strncmp(rest, "..", 2) != 0) return false;
      out.to = std::strtoull(rest + 2, nullptr, 10);
    } else if (std::strcmp(argv[i], "--minutes") == 0) {
      out.seconds = 60 * std::strtod(value, nullptr);
    } else if (std::strcmp(argv[i], "--power-cuts") == 0) {
      out.power_cuts = std::strtoull(value, nullptr, 10);
    } else if (std::strcmp(argv[i], "--grep") == 0) {
      sim::grep = value;
    } else {
      return false;
    }
  }
  return true;
}

void report(const Totals& totals) {
  const sim::FateCounts& fate = totals.fate;
  std::printf("%llu seeds, %llu failed\n", wide(totals.seeds), wide(totals.failed));
  std::printf("%llu power cuts (%llu of them during a start), %llu deaths of the process\n",
              wide(fate.power_cuts), wide(fate.interrupted_starts), wide(fate.process_deaths));
  std::printf("%llu disk failures, %llu full disks, %llu times a journal took nothing new\n",
              wide(fate.disk_failures), wide(fate.disk_full), wide(fate.refusals));
  std::printf(
      "%llu entries recovered, %llu sessions resumed over a restart (of %llu resumed), "
      "%llu messages\n",
      wide(fate.entries_recovered), wide(totals.resumed_over_restart), wide(totals.resumptions),
      wide(totals.messages));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: sim [--sip] [--seed N | --seeds A..B] [--minutes M] [--power-cuts N] "
                 "[--grep TEXT]\n");
    return 2;
  }
  Totals totals;
  const double end = now_seconds() + arguments.seconds;
  const bool by_time = arguments.seconds > 0;
  for (uint64_t seed = arguments.from; by_time ? now_seconds() < end : seed <= arguments.to;
       ++seed) {
    if (!run_seed(seed, arguments, totals)) ++totals.failed;
    std::fflush(stdout);
  }
  report(totals);
  if (totals.fate.power_cuts < arguments.power_cuts) {
    std::printf("FAILED: %llu power cuts were wanted\n", wide(arguments.power_cuts));
    return 1;
  }
  return totals.failed == 0 ? 0 : 1;
}
