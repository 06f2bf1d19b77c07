// Tests mirror the tree: a scenario for every extension, a test file for every source.
#include <algorithm>
#include <set>

#include "tests/tidy/rules.h"

namespace tidy {

namespace {

constexpr std::string_view kFeatures = "protocols/xmpp/features.def";
constexpr std::string_view kScenarios = "tests/scenario/";

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool scenario_exists(const Tree& tree, std::string_view start) {
  return std::any_of(tree.begin(), tree.end(), [&](const Source* source) {
    return starts_with(source->path, start) && !source->text.empty();
  });
}

// tests/engine/base/hash_test.cc for engine/base/hash.cc.
std::string mirrored(std::string_view path) {
  return "tests/" + std::string(path.substr(0, path.size() - 3)) + "_test.cc";
}

}  // namespace

Findings features_have_a_scenario(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (source->path != kFeatures) continue;
    for (size_t i = 0; i < source->lines.size(); ++i) {
      const std::string_view line = source->lines[i];
      if (!starts_with(line, "FEATURE(")) continue;
      const size_t number = line.find("// XEP-");
      if (number == std::string_view::npos || line.size() < number + 11) {
        found.push_back(finding(*source, i + 1, "a feature without its number",
                                "end the line with // XEP-NNNN"));
        continue;
      }
      const std::string start =
          std::string(kScenarios) + "xep_" + std::string(line.substr(number + 7, 4)) + "_";
      if (scenario_exists(tree, start)) continue;
      found.push_back(finding(*source, i + 1, "no scenario for this feature",
                              "write " + start + "NAME.txt, a conversation that shows it"));
    }
  }
  return found;
}

Findings sources_have_a_test(const Tree& tree, const std::vector<std::string>& ratchet) {
  std::set<std::string> paths;
  for (const Source* source : tree) paths.insert(source->path);
  const std::set<std::string> excused(ratchet.begin(), ratchet.end());
  Findings found;
  for (const Source* source : tree) {
    const bool unit = source->path.size() > 3 &&
                      source->path.compare(source->path.size() - 3, 3, ".cc") == 0 &&
                      (source->in("engine") || source->in("protocols"));
    if (!unit) continue;
    const bool tested = paths.count(mirrored(source->path)) > 0;
    if (!tested && excused.count(source->path) == 0) {
      found.push_back(
          finding(*source, 1, "no test mirrors this file", "write " + mirrored(source->path)));
    }
    if (tested && excused.count(source->path) > 0) {
      found.push_back(finding(*source, 1, "has a test now",
                              "take it off tests/tidy/ratchet.txt, which only gets shorter"));
    }
  }
  for (const std::string& path : excused) {
    if (paths.count(path) > 0) continue;
    found.push_back("tests/tidy/ratchet.txt:1: " + path + " is gone: take it off the list");
  }
  return found;
}

}  // namespace tidy
