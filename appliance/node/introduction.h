// What rollcalld prints when it runs: what listens where, what is dangerous, and a line to try it
// with. Also the file DATA/listening, which says the first of these to programs.
// Main thread.
#pragma once

#include <string>
#include <vector>

#include "appliance/admin/control.h"
#include "appliance/node/demo.h"

namespace appliance {

struct Introduction {
  NodeStatus status;
  bool detected = false;  // the profile, from the machine
  Machine machine;
  std::string data;
  std::string command;                   // how to call the node's operator's command
  std::vector<std::string> self_signed;  // certificate files
  std::vector<DemoUser> demo_users;
};

std::string introduce(const Introduction& facts);
// One `service address port tls` a line.
std::string listening_lines(const std::vector<ListeningOn>& listening);

}  // namespace appliance
