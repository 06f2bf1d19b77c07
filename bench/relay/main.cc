// bench_relay [--port P] [--batch N] [--wait-us N] [--lose N]: prints "listening PORT", relays
// until it is killed. README.md says what for.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "bench/relay/relay.h"
#include "engine/base/number.h"

namespace {

bool parse(int argc, char** argv, relay::RelayOptions& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--port" && base::parse_number(value, options.port)) continue;
    if (name == "--batch" && base::parse_number(value, options.batch) && options.batch > 0)
      continue;
    if (name == "--wait-us" && base::parse_number(value, options.wait_us)) continue;
    if (name == "--lose" && base::parse_number(value, options.lose_every)) continue;
    return false;
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  relay::RelayOptions options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: bench_relay [--port P] [--batch N] [--wait-us N] [--lose N]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  relay::Relay relay(options);
  std::string error;
  if (!relay.start(error)) {
    std::fprintf(stderr, "bench_relay: %s\n", error.c_str());
    return 1;
  }
  std::printf("listening %u\n", relay.port());
  std::fflush(stdout);
  while (true) relay.turn();
}
