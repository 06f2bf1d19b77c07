// The rules of the house. Each takes the files and says what breaks it, one finding a line:
// path:line: what is wrong: what to do. An empty answer means the rule holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace tidy {

using Findings = std::vector<std::string>;

std::string finding(const Source& source, size_t line, std::string_view what,
                    std::string_view remedy);

// An exception from a rule: `what` may stand in files below `path`, for this reason.
struct Exception {
  std::string_view path;
  std::string_view what;
  std::string_view reason;
};

// includes.cc
Findings own_includes_point_down(const Tree& tree);       // DESIGN's arrows between folders
Findings libraries_stay_in_their_room(const Tree& tree);  // liburing, BoringSSL, SQLite, …
// words.cc
Findings banned_words_stay_out(const Tree& tree);
Findings nothing_is_left_to_do(const Tree& tree);  // reminders left in the text
Findings no_machine_paths(const Tree& tree);
// shape.cc
Findings files_are_short(const Tree& tree);               // 600 lines
Findings functions_are_short(const Tree& tree);           // 70 lines
Findings lines_are_narrow(const Tree& tree);              // 100 columns
Findings headers_introduce_themselves(const Tree& tree);  // #pragma once, opening comment
Findings folders_have_a_readme(const Tree& tree);         // engine/*, protocols/*
// mirror.cc
Findings features_have_a_scenario(const Tree& tree);
Findings sources_have_a_test(const Tree& tree, const std::vector<std::string>& ratchet);

// What is measured rather than ruled.
struct Measures {
  size_t files = 0;  // C++ files of engine, protocols and appliance
  size_t median_lines = 0;
  size_t functions = 0;  // in engine and protocols/im
  size_t checks = 0;     // CHECKs in them
};
Measures measure(const Tree& tree);

}  // namespace tidy
