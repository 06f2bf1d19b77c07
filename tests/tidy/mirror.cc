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

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// tests/engine/base/hash_test.cc for engine/base/hash.cc.
std::string mirrored(std::string_view path) {
  return "tests/" + std::string(path.substr(0, path.size() - 3)) + "_test.cc";
}

// The names a file includes with quotes, in order.
std::vector<std::string> own_includes(const Source& source) {
  static constexpr std::string_view kStart = "#include \"";
  std::vector<std::string> names;
  for (const std::string_view line : source.lines) {
    if (!starts_with(line, kStart)) continue;
    const std::string_view rest = line.substr(kStart.size());
    names.emplace_back(rest.substr(0, rest.find('"')));
  }
  return names;
}

// What the tests of one module (tests/engine/net, tests/protocols/im …) include, with the module.
std::set<std::string> headers_under_test(const Tree& tree) {
  std::set<std::string> headers;
  for (const Source* source : tree) {
    if (!source->in("tests") || !ends_with(source->path, "_test.cc")) continue;
    for (const std::string& name : own_includes(*source)) {
      const size_t slash = name.find('/', name.find('/') + 1);
      if (slash != std::string::npos && source->in("tests/" + name.substr(0, slash))) {
        headers.insert(name);
      }
    }
  }
  return headers;
}

// A test mirrors the file itself, or the header that the file implements: the first it includes.
// Extensions are shown by their scenarios, which features_have_a_scenario() asks for.
bool is_tested(const Source& source, const std::set<std::string>& paths,
               const std::set<std::string>& headers) {
  if (source.in("protocols/xmpp/xep") || paths.count(mirrored(source.path)) > 0) return true;
  const std::vector<std::string> includes = own_includes(source);
  return !includes.empty() && headers.count(includes.front()) > 0;
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
  const std::set<std::string> headers = headers_under_test(tree);
  Findings found;
  for (const Source* source : tree) {
    const bool unit =
        ends_with(source->path, ".cc") && (source->in("engine") || source->in("protocols"));
    if (!unit) continue;
    const bool tested = is_tested(*source, paths, headers);
    if (!tested && excused.count(source->path) == 0) {
      found.push_back(
          finding(*source, 1, "no test mirrors this file",
                  "write " + mirrored(source->path) + ", or test the header it implements"));
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
