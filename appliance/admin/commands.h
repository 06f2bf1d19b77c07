// What stands behind each line of commands.def. Internal to appliance/admin.
// The admin thread calls these, one at a time; what they change belongs to the Control.
#pragma once

#include "appliance/admin/command.h"

namespace appliance::commands {

#define COMMAND(function, name, parameters, help) std::optional<Failure> function(CommandCall&);
#include "appliance/admin/commands.def"
#undef COMMAND

// Shared: an account's address as people type it ("alice" means alice at the first domain),
// normalised into `bare`. `full` too where a resource is allowed.
std::optional<Failure> account_address(const std::string& text, Control& control,
                                       std::string& bare);

}  // namespace appliance::commands
