// What we claim to support, written out for people (README.md) and for machines (doap.xml), from
// the records behind features.def.
#pragma once

#include <string>

namespace conformance {

std::string readme_table();  // with the markers around it
std::string doap();

inline constexpr char kBegin[] = "<!-- conformance -->";
inline constexpr char kEnd[] = "<!-- /conformance -->";

}  // namespace conformance
