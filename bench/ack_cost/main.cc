// What a routed message costs the node, and how long its sender waits for the acknowledgement.
//   bench_ack_cost --port P --pid NODE [--senders 200] [--seconds 5] [--burst 4] [--window 20]
//                  [--rate 2000]
// Two measurements: all senders as fast as their windows permit (the node's processor time a
// message), and --rate messages a second (latencies of a node that has time). Prints one line
// "name value name value ...".

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/ack_cost/crowd.h"
#include "bench/ack_cost/node_watch.h"

namespace {

struct Arguments {
  uint16_t port = 5222;
  int pid = 0;
  uint32_t senders = 200;
  uint32_t seconds = 5;
  ack_cost::Load full;
  uint32_t rate = 2000;
};

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const auto value = static_cast<uint32_t>(std::atoi(argv[i + 1]));
    if (name == "--port") out.port = static_cast<uint16_t>(value);
    else if (name == "--pid") out.pid = static_cast<int>(value);
    else if (name == "--senders") out.senders = value;
    else if (name == "--seconds") out.seconds = value;
    else if (name == "--burst") out.full.burst = value;
    else if (name == "--window") out.full.window = value;
    else if (name == "--rate") out.rate = value;
    else return false;
  }
  return argc % 2 == 1 && out.pid > 0;
}

// In milliseconds; the vector is in another order afterwards.
double percentile(std::vector<uint32_t>& samples, size_t of_a_hundred) {
  if (samples.empty()) return 0;
  const size_t at = std::min(samples.size() - 1, samples.size() * of_a_hundred / 100);
  std::nth_element(samples.begin(), samples.begin() + static_cast<ptrdiff_t>(at), samples.end());
  return samples[at] / 1000.0;
}

void print_latencies(const char* phase, ack_cost::Figures& figures) {
  std::printf("%s_delivery_p50_ms %.3f %s_delivery_p99_ms %.3f %s_ack_p50_ms %.3f "
              "%s_ack_p99_ms %.3f ",
              phase, percentile(figures.delivery_us, 50), phase,
              percentile(figures.delivery_us, 99), phase, percentile(figures.ack_us, 50), phase,
              percentile(figures.ack_us, 99));
}

bool measure(const Arguments& arguments, ack_cost::Crowd& crowd) {
  if (!crowd.sign_in() || !crowd.run(arguments.full, 2)) return false;
  crowd.clear();
  ack_cost::NodeWatch watch(arguments.pid);
  const double node = ack_cost::processor_seconds(arguments.pid);
  const double own = ack_cost::processor_seconds(getpid());
  const uint64_t begin = ack_cost::monotonic_nanoseconds();
  if (!crowd.run(arguments.full, arguments.seconds)) return false;
  const double seconds =
      static_cast<double>(ack_cost::monotonic_nanoseconds() - begin) / 1e9;
  const double node_used = ack_cost::processor_seconds(arguments.pid) - node;
  const double own_used = ack_cost::processor_seconds(getpid()) - own;
  const auto messages = static_cast<double>(crowd.figures().delivered);
  std::printf("messages_per_second %.0f cpu_us_per_message %.3f node_busy %.2f node_saturated %.2f "
              "generator_busy %.2f ",
              messages / seconds, node_used * 1e6 / messages, node_used / seconds,
              watch.stop(), own_used / seconds);
  print_latencies("full", crowd.figures());
  if (!crowd.settle()) return false;
  crowd.clear();
  const ack_cost::Load paced{.burst = 1, .window = 1000, .rate = arguments.rate};
  if (!crowd.run(paced, arguments.seconds) || !crowd.settle()) return false;
  print_latencies("paced", crowd.figures());
  std::printf("\n");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: bench_ack_cost --port P --pid NODE [--senders N] [--seconds N] "
                         "[--burst N] [--window N] [--rate N]\n");
    return 2;
  }
  ack_cost::Crowd crowd(arguments.port, arguments.senders);
  if (!measure(arguments, crowd)) {
    std::fprintf(stderr, "bench_ack_cost: %s\n", crowd.trouble().c_str());
    return 1;
  }
  return 0;
}
