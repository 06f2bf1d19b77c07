// `rollcall backup` and `rollcall restore` as commands: what the operator's words mean, the node's
// part by the admin socket, signals.
// Main thread.
#pragma once

#include <string>

#include "appliance/cli/arguments.h"

namespace appliance {

struct Outcome {
  int status = kExitOk;
  const char* code = "";  // of a failure, as commands have it
  std::string text;       // the result, an object of JSON; or what went wrong
};

Outcome back_up(const OperatorCall& call);
Outcome restore(const OperatorCall& call);

}  // namespace appliance
