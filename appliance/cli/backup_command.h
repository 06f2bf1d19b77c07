// `rollcall backup` and `rollcall restore` as commands: what the operator's words mean, the node's
// part by the admin socket, signals.
// Main thread.
#pragma once

#include "appliance/cli/arguments.h"
#include "appliance/cli/outcome.h"

namespace appliance {

Outcome back_up(const OperatorCall& call);
Outcome restore(const OperatorCall& call);

}  // namespace appliance
