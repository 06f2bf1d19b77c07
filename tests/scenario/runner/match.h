// Does what came match what the scenario says? Structure is compared: attributes in any order,
// children in any order, namespaces by name, white space around text ignored; nothing may be there
// that is not stated. Placeholders, also as part of a value:
//   {any}           anything
//   {capture:NAME}  anything, remembered as {NAME}
//   {optional}      as a whole attribute value: may be missing, may be anything
//   {...}           as text: more children and text may follow
#pragma once

#include <map>
#include <string>

#include "tests/scenario/runner/tree.h"

namespace scenario {

using Captures = std::map<std::string, std::string>;

// Addresses that a first-level element may carry without the scenario saying so.
struct Unstated {
  std::string to_full;  // `to` may be the client itself, full or bare
  std::string to_bare;  // `from` may be the client's own account
};

// False: `why` says what differs. Captures are only changed by a match.
bool match(const Tree& expected, const Tree& actual, const Unstated& unstated, Captures& captures,
           std::string& why);
bool match_text(const std::string& pattern, const std::string& value, Captures& captures);

}  // namespace scenario
