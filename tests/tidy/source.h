// The tree as the rules see it: every file's text, its lines, and for C++ the code alone (comments
// and the insides of literals blanked out, so that a word in a comment breaks no rule).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct Source {
  Source(std::string path, std::string text);

  std::string path;  // from the root, with forward slashes
  std::string text;
  std::string code;                          // as long as text, with the same line ends
  std::vector<std::string_view> lines;       // of text
  std::vector<std::string_view> code_lines;  // of code

  Source(const Source&) = delete;
  Source(Source&&) = delete;

  bool cpp() const;                        // .h, .cc or .def
  bool header() const;                     // .h
  bool in(std::string_view folder) const;  // anywhere below it
  std::string_view folder() const;
  size_t line_of(size_t offset) const;  // first line is 1
};

using Tree = std::vector<const Source*>;

// Blanks comments, string and character literals (their quotes stay).
std::string code_only(std::string_view text);

// Every text file below root, in order; neither .git nor build folders. Lives until the end.
const Tree& read_tree(const std::string& root);

}  // namespace tidy
