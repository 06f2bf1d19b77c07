#include "tests/tidy/source.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tidy {

namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Blanks text[from, to) in place, line ends excepted.
void blank(std::string& text, size_t from, size_t to) {
  for (size_t i = from; i < to && i < text.size(); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

// Past the literal whose opening quote is at `at`.
size_t end_of_quoted(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

// Past the raw string whose opening quote is at `at`.
size_t end_of_raw(std::string_view text, size_t at) {
  const size_t open = text.find('(', at);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

}  // namespace

std::string code_only(std::string_view text) {
  std::string code(text);
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const char before = i > 0 ? text[i - 1] : '\0';
    size_t end = i + 1;
    if (c == '/' && next == '/') {
      end = std::min(text.find('\n', i), text.size());
      blank(code, i, end);
    } else if (c == '/' && next == '*') {
      const size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(code, i, end);
    } else if (c == '"' && before == 'R') {
      end = end_of_raw(text, i);
      blank(code, i + 1, end - 1);
    } else if (c == '"' || (c == '\'' && !identifier(before))) {  // 1'000 is no literal's start
      end = end_of_quoted(text, i);
      blank(code, i + 1, end - 1);
    }
    i = end;
  }
  return code;
}

Source::Source(std::string p, std::string t) : path(std::move(p)), text(std::move(t)) {
  code = cpp() ? code_only(text) : text;
  lines = split_lines(text);
  code_lines = split_lines(code);
}

bool Source::header() const { return ends_with(path, ".h"); }
bool Source::cpp() const { return header() || ends_with(path, ".cc") || ends_with(path, ".def"); }

bool Source::in(std::string_view folder) const {
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 &&
         path[folder.size()] == '/';
}

std::string_view Source::folder() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : std::string_view(path).substr(0, slash);
}

size_t Source::line_of(size_t offset) const {
  const auto begin = code.begin();
  return 1 + static_cast<size_t>(std::count(begin, begin + static_cast<long>(offset), '\n'));
}

const Tree& read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  static Tree tree;
  if (!tree.empty()) return tree;
  std::vector<fs::path> paths;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::end(it); ++it) {
    const std::string name = it->path().filename().string();
    if (it->is_directory() &&
        (name == ".git" || name == "__pycache__" || name.rfind("build", 0) == 0)) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      paths.push_back(it->path());
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.find('\0') != std::string::npos) continue;  // not a text
    tree.push_back(new Source(fs::relative(path, root).generic_string(), std::move(text)));
  }
  return tree;
}

}  // namespace tidy
