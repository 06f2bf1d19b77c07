// The command lines of rollcalld and rollcall. The only place that includes CLI11.
// Main thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "appliance/node/node_options.h"
#include "appliance/profile/plan.h"

namespace appliance {

// Exit statuses of `rollcall`, as rollcall(1) lists them.
enum Exit : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNotRunning = 3,
  kExitNotFound = 4,
  kExitExists = 5,
};

enum class PasswordFrom : unsigned char { prompt, standard_input, generate };

// What the operator wants.
struct OperatorCall {
  // As in commands.def, or needing no node: "check config", "journal check", "journal repair",
  // "backup", "restore", "plan".
  std::string command;
  std::map<std::string, std::string> arguments;  // without the password
  bool wants_password = false;
  PasswordFrom password = PasswordFrom::prompt;
  bool json = false;
  std::string socket;
  std::string data;    // the data directory, if it was named
  std::string folder;  // journal check, journal repair
  // backup, restore
  std::string config_file;
  bool force = false;
  bool check = false;
  // those, and check config
  std::string file;
  bool example = false;
  bool manual = false;
  // plan
  PlanRequest plan;
};

// A value: the program ends with this status (help was asked for, or the line is wrong).
std::optional<int> parse_node_arguments(int argc, char** argv, NodeOptions& options);
std::optional<int> parse_operator_arguments(int argc, char** argv, OperatorCall& call);

}  // namespace appliance
