// rollcalld: one node.
#include <cstdio>

#include "appliance/cli/arguments.h"
#include "appliance/node/node.h"

int main(int argc, char** argv) {
  appliance::NodeOptions options;
  if (const auto status = appliance::parse_node_arguments(argc, argv, options)) return *status;
  appliance::Node node(std::move(options));
  if (auto started = node.start(); !started) {
    std::fprintf(stderr, "rollcalld: %s\n", started.error().what.c_str());
    return 1;
  }
  node.serve();
  return 0;
}
