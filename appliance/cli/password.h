// Where a password comes from: typed twice without echo, a line of standard input, or random.
// Never an argument, which every user of the machine could see.
// Main thread.
#pragma once

#include <string>

#include "appliance/cli/arguments.h"
#include "engine/base/result.h"

namespace appliance {

base::Result<std::string> get_password(PasswordFrom from);

}  // namespace appliance
