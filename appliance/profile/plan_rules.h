// The rules of FEATURES 2.K in words, as they apply to one plan: all of them, and only those that
// had a say. Values; any thread.
#pragma once

#include "appliance/profile/demand.h"

namespace appliance {

// Fills plan.rules; everything else in it is decided.
void name_rules(const PlanRequest& request, const Demand& demand, Plan& plan);

// 25000 as "25,000".
std::string grouped(int64_t number);

}  // namespace appliance
