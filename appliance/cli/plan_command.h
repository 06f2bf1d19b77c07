// `rollcall plan`: appliance/profile/plan.h as a command. Needs no node.
// Main thread.
#pragma once

#include "appliance/cli/arguments.h"
#include "appliance/cli/outcome.h"

namespace appliance {

Outcome plan_deployment(const PlanRequest& request);

}  // namespace appliance
