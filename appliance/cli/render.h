// From a command's JSON result to what people read: members as aligned lines, arrays of objects as
// tables, sizes and times in units.
// Main thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace appliance {

// `json` is one object. Control characters of whatever clients chose do not reach the terminal.
std::string render(base::Bytes json);

}  // namespace appliance
