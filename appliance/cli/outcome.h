// What a command comes to that is no mere question to a running node: backup, restore, plan.
// Values; main thread.
#pragma once

#include <string>

#include "appliance/cli/arguments.h"

namespace appliance {

struct Outcome {
  int status = kExitOk;
  const char* code = "";  // of a failure, as commands have it
  std::string text;       // the result, an object of JSON; or what went wrong
};

}  // namespace appliance
