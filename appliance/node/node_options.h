// What rollcalld's command line says, over what the configuration file says.
// A value, filled in by main before the node is made.
#pragma once

#include <string>

namespace appliance {

struct NodeOptions {
  std::string config_file;  // "": every key has its default
  std::string data;         // "": as configured
  std::string io;           // "": as configured; else auto, uring, epoll
  int shards = 0;           // 0: as configured
  bool demo = false;        // make alice, bob and carol
};

}  // namespace appliance
