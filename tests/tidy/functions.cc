#include "tests/tidy/functions.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace tidy {

namespace {

// What a brace at namespace or class level opens.
enum class Opens { scope, function, initializer };

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

// The head without what stands in round or angle brackets: `template <class T> struct A` becomes
// `template struct A`, so keywords in parameters count for nothing.
std::string without_brackets(std::string_view head) {
  std::string out;
  int round = 0;
  int angle = 0;
  for (size_t i = 0; i < head.size(); ++i) {
    const char c = head[i];
    const bool arrow = c == '>' && i > 0 && head[i - 1] == '-';
    if (c == '(') ++round;
    if (c == '<' && round == 0) ++angle;
    if (round == 0 && angle == 0) out.push_back(c);
    if (c == '>' && round == 0 && angle > 0 && !arrow) --angle;
    if (c == ')') {
      --round;
      if (round == 0 && angle == 0) out.push_back(')');
    }
  }
  return out;
}

bool has_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto part = [&](size_t i) {
      return i < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_');
    };
    if ((at == 0 || !part(at - 1)) && !part(at + word.size())) return true;
  }
  return false;
}

Opens classify(std::string_view head) {
  const std::string bare = without_brackets(head);
  for (const char* word : {"namespace", "enum", "union", "extern"}) {
    if (has_word(bare, word)) return Opens::scope;
  }
  const bool type = has_word(bare, "class") || has_word(bare, "struct");
  const bool calls = bare.find(')') != std::string::npos;
  // `struct alignas(64) Writer` is a type, `struct Point origin()` a function.
  if (type && (!calls || bare.find("alignas)") != std::string::npos)) return Opens::scope;
  const size_t assigned = bare.find('=');
  const bool is_operator = has_word(bare, "operator");
  if (!calls || (assigned != std::string::npos && !is_operator)) return Opens::initializer;
  return Opens::function;
}

// `Foo::Foo() : a_` before a brace that initialises the member a_.
bool member_initializer(std::string_view head, std::string_view after_brace) {
  const std::string bare = without_brackets(head);
  const size_t close = bare.find(')');
  if (close == std::string::npos) return false;
  const size_t colon = bare.find(':', close);
  if (colon == std::string::npos || bare[colon + 1] == ':') return false;
  const std::string_view rest = trimmed(after_brace);
  return !rest.empty() && (rest.front() == ',' || rest.front() == '{');
}

class Scanner {
 public:
  explicit Scanner(const Source& source) : source_(source), code_(source.code) {
    drop_preprocessor();
  }

  std::vector<Function> run() {
    size_t head = 0;
    for (size_t i = 0; i < code_.size(); ++i) {
      const char c = code_[i];
      if (c == ';' || c == '}') head = i + 1;
      if (c == ':' && access_label(head, i)) head = i + 1;
      if (c != '{') continue;
      const std::string_view text = std::string_view(code_).substr(head, i - head);
      const Opens opens = classify(text);
      if (opens == Opens::scope) {
        head = i + 1;
        continue;
      }
      const size_t close = matching(i);
      if (opens == Opens::function) {
        const std::string_view after = std::string_view(code_).substr(close + 1);
        if (member_initializer(text, after)) {
          i = close;
          continue;
        }
        record(head, i, close);
        head = close + 1;
      }
      i = close;
    }
    return std::move(found_);
  }

 private:
  // Directives, with their continuation lines, hold macros whose braces need not match.
  void drop_preprocessor() {
    bool inside = false;
    for (size_t at = 0; at < code_.size();) {
      const size_t end = std::min(code_.find('\n', at), code_.size());
      const std::string_view line = trimmed(std::string_view(code_).substr(at, end - at));
      const bool directive = inside || (!line.empty() && line.front() == '#');
      inside = directive && !line.empty() && line.back() == '\\';
      if (directive) code_.replace(at, end - at, end - at, ' ');
      at = end + 1;
    }
  }

  bool access_label(size_t head, size_t colon) const {
    const std::string_view word = trimmed(std::string_view(code_).substr(head, colon - head));
    return word == "public" || word == "private" || word == "protected";
  }

  size_t matching(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < code_.size(); ++i) {
      if (code_[i] == '{') ++depth;
      if (code_[i] == '}' && --depth == 0) return i;
    }
    return code_.size() - 1;
  }

  void record(size_t head, size_t open, size_t close) {
    while (head < open && std::isspace(static_cast<unsigned char>(code_[head]))) ++head;
    std::string text(trimmed(std::string_view(code_).substr(head, open - head)));
    found_.push_back({std::move(text), source_.line_of(head), source_.line_of(close), open, close});
  }

  const Source& source_;
  std::string code_;
  std::vector<Function> found_;
};

}  // namespace

std::vector<Function> find_functions(const Source& source) { return Scanner(source).run(); }

}  // namespace tidy
