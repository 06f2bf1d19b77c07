// The shape of files: how long, how wide, how they begin.
#include <algorithm>
#include <set>

#include "tests/tidy/functions.h"
#include "tests/tidy/rules.h"

namespace tidy {

namespace {

constexpr size_t kFileLinesMax = 600;
constexpr size_t kFunctionLinesMax = 70;
constexpr size_t kColumnsMax = 100;
constexpr size_t kOpeningLinesMin = 2;

size_t columns(std::string_view line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // UTF-8 continuation
  }));
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool script(const Source& source) {
  return ends_with(source.path, ".py") || ends_with(source.path, ".sh");
}

}  // namespace

Findings files_are_short(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp() && !script(*source)) continue;
    if (source->lines.size() <= kFileLinesMax) continue;
    found.push_back(finding(*source, source->lines.size(),
                            std::to_string(source->lines.size()) + " lines in one file",
                            "600 at most; split it where it does two things"));
  }
  return found;
}

Findings functions_are_short(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp()) continue;
    for (const Function& function : find_functions(*source)) {
      if (function.length() <= kFunctionLinesMax) continue;
      found.push_back(finding(*source, function.first,
                              "a function of " + std::to_string(function.length()) + " lines",
                              "70 at most; give its parts names"));
    }
  }
  return found;
}

Findings lines_are_narrow(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp()) continue;
    for (size_t i = 0; i < source->lines.size(); ++i) {
      const size_t width = columns(source->lines[i]);
      if (width <= kColumnsMax) continue;
      found.push_back(finding(*source, i + 1, std::to_string(width) + " columns",
                              "100 at most; run clang-format, break strings by hand"));
    }
  }
  return found;
}

Findings headers_introduce_themselves(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->header()) continue;
    size_t comments = 0;
    while (comments < source->lines.size() && source->lines[comments].substr(0, 2) == "//") {
      ++comments;
    }
    if (comments < kOpeningLinesMin) {
      found.push_back(finding(*source, 1, "no opening comment",
                              "begin with 2 to 6 lines: what it is, who owns it, which shard may "
                              "touch it, its limits"));
    }
    const bool once = std::any_of(source->code_lines.begin(), source->code_lines.end(),
                                  [](std::string_view line) { return line == "#pragma once"; });
    if (!once) {
      found.push_back(finding(*source, 1, "no #pragma once", "put it below the opening comment"));
    }
  }
  return found;
}

Findings folders_have_a_readme(const Tree& tree) {
  std::set<std::string> folders;
  std::set<std::string> readmes;
  for (const Source* source : tree) {
    const std::string folder(source->folder());
    if (ends_with(source->path, "README.md")) readmes.insert(folder);
    const bool module = source->in("engine") || source->in("protocols");
    if (module && source->cpp()) {
      const size_t second = folder.find('/', folder.find('/') + 1);
      folders.insert(folder.substr(0, second));
    }
  }
  Findings found;
  for (const std::string& folder : folders) {
    if (readmes.count(folder) > 0) continue;
    found.push_back(folder + ":1: no README.md: say what it is, who owns what, and the way in");
  }
  return found;
}

Measures measure(const Tree& tree) {
  Measures measures;
  std::vector<size_t> lengths;
  for (const Source* source : tree) {
    const bool product = source->in("engine") || source->in("protocols") || source->in("appliance");
    if (!source->cpp() || !product) continue;
    lengths.push_back(source->lines.size());
    if (!source->in("engine") && !source->in("protocols/im")) continue;
    measures.functions += find_functions(*source).size();
    for (const std::string_view line : source->code_lines) {
      if (line.find("#define") != std::string_view::npos) continue;
      for (size_t at = line.find("CHECK("); at != std::string_view::npos;
           at = line.find("CHECK(", at + 1)) {
        ++measures.checks;
      }
    }
  }
  measures.files = lengths.size();
  std::sort(lengths.begin(), lengths.end());
  if (!lengths.empty()) measures.median_lines = lengths[lengths.size() / 2];
  return measures;
}

}  // namespace tidy
