// The rules that span several keys, or need more than a range: domains are domains, certificates
// are for domains we serve, nothing contradicts itself. Used by load_config() only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "appliance/config/config.h"

namespace appliance {

struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
};
// Where the file set each key; "listener[0].port" for tables of tables.
using Positions = std::map<std::string, Position>;

// Also puts what it checks into its final form: normalised domains, default listeners.
void validate(Config& config, const Positions& positions, std::vector<Problem>& problems);

}  // namespace appliance
