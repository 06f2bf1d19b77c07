// scenario_run: plays scenario files against a server that runs, over real sockets.
//   scenario_run --address 127.0.0.1 --port 5222 --domain localhost [--direct-tls]
//                [--on NAME]… FILES…
// Accounts are registered in-band (XEP-0077 must be on). Exit status 0: all passed or skipped.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/scenario/runner/runner.h"
#include "tests/scenario/runner/socket_wire.h"

namespace {

struct Arguments {
  scenario::SocketOptions socket;
  scenario::RunnerOptions runner;
  std::vector<std::string> files;
};

int usage() {
  std::fprintf(stderr,
               "usage: scenario_run [--address A] [--port P] [--domain D] [--direct-tls] "
               "[--quiet-ms N] [--on NAME] FILES\n");
  return 2;
}

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--direct-tls") {
      out.socket.direct_tls = true;
      continue;
    }
    if (word.rfind("--", 0) != 0) {
      out.files.push_back(word);
      continue;
    }
    if (++i >= argc) return false;
    const std::string value = argv[i];
    if (word == "--address") {
      out.socket.address = value;
    } else if (word == "--port") {
      out.socket.port = static_cast<uint16_t>(std::atoi(value.c_str()));
    } else if (word == "--domain") {
      out.socket.domain = out.runner.domain = value;
    } else if (word == "--quiet-ms") {
      out.socket.quiet_ms = std::atoi(value.c_str());
    } else if (word == "--on") {
      out.runner.switched_on.insert(value);
    } else {
      return false;
    }
  }
  return !out.files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  arguments.runner.switched_on = {"registration"};
  if (!parse(argc, argv, arguments)) return usage();
  scenario::SocketWire wire(arguments.socket);
  base::Prng random(std::random_device{}());
  scenario::Runner runner(wire, arguments.runner, random);
  int failed = 0;
  int skipped = 0;
  for (const std::string& file : arguments.files) {
    const scenario::Outcome outcome = runner.run_file(file);
    const char* verdict = !outcome.passed ? "FAIL" : outcome.skipped ? "skip" : "ok";
    std::printf("%-4s %s%s%s\n", verdict, file.c_str(), outcome.what.empty() ? "" : ": ",
                outcome.what.c_str());
    std::fflush(stdout);
    failed += outcome.passed ? 0 : 1;
    skipped += outcome.skipped ? 1 : 0;
  }
  std::printf("%zu scenarios, %d failed, %d skipped\n", arguments.files.size(), failed, skipped);
  return failed == 0 ? 0 : 1;
}
