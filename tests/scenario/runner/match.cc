#include "tests/scenario/runner/match.h"

namespace scenario {
namespace {

constexpr char kMore[] = "{...}";

std::string trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string title(const Tree& tree) { return '<' + tree.name.second + '>'; }

bool match_attributes(const Tree& expected, const Tree& actual, Captures& captures,
                      std::string& why) {
  for (const auto& [name, pattern] : expected.attributes) {
    const auto found = actual.attributes.find(name);
    if (pattern == "{optional}") continue;
    if (found == actual.attributes.end()) {
      why = title(expected) + " lacks the attribute " + name.second;
      return false;
    }
    if (!match_text(pattern, found->second, captures)) {
      why = title(expected) + " has " + name.second + "='" + found->second + "', not '" + pattern +
            "'";
      return false;
    }
  }
  for (const auto& [name, value] : actual.attributes) {
    if (expected.attributes.count(name) == 0) {
      why = title(expected) + " has an unexpected " + name.second + "='" + value + "'";
      return false;
    }
  }
  return true;
}

bool match_tree(const Tree& expected, const Tree& actual, Captures& captures, std::string& why);

bool match_children(const Tree& expected, const Tree& actual, bool more, Captures& captures,
                    std::string& why) {
  std::vector<bool> used(actual.children.size(), false);
  for (const Tree& wanted : expected.children) {
    bool found = false;
    std::string last_why;
    for (size_t i = 0; i < actual.children.size() && !found; ++i) {
      if (used[i]) continue;
      std::string child_why;
      found = used[i] = match_tree(wanted, actual.children[i], captures, child_why);
      if (wanted.name == actual.children[i].name) last_why = child_why;
    }
    if (!found) {
      why = last_why.empty() ? title(expected) + " lacks " + title(wanted) : last_why;
      return false;
    }
  }
  if (more) return true;
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    why = title(expected) + " has an unexpected " + title(actual.children[i]);
    return false;
  }
  return true;
}

bool match_tree(const Tree& expected, const Tree& actual, Captures& captures, std::string& why) {
  if (expected.name != actual.name) {
    why = "it is " + title(actual) + " in '" + actual.name.first + "', not " + title(expected) +
          " in '" + expected.name.first + "'";
    return false;
  }
  Captures tried = captures;
  if (!match_attributes(expected, actual, tried, why)) return false;
  std::string text = trimmed(expected.text);
  const size_t more = text.find(kMore);
  if (more != std::string::npos) text = trimmed(text.erase(more, sizeof kMore - 1));
  const bool any_text = more != std::string::npos && text.empty();
  if (!any_text && !match_text(text, trimmed(actual.text), tried)) {
    why = title(expected) + " says '" + trimmed(actual.text) + "', not '" + text + "'";
    return false;
  }
  if (!match_children(expected, actual, more != std::string::npos, tried, why)) return false;
  captures = std::move(tried);
  return true;
}

}  // namespace

bool match_text(const std::string& pattern, const std::string& value, Captures& captures) {
  const size_t open = pattern.find('{');
  const size_t close = open == std::string::npos ? open : pattern.find('}', open);
  if (close == std::string::npos) return pattern == value;
  if (value.compare(0, open, pattern, 0, open) != 0) return false;
  const std::string what = pattern.substr(open + 1, close - open - 1);
  const std::string rest = pattern.substr(close + 1);
  const bool wild = what == "any" || what.rfind("capture:", 0) == 0;
  if (!wild) {
    const auto known = captures.find(what);
    if (known == captures.end() || value.compare(open, known->second.size(), known->second) != 0) {
      return false;
    }
    return match_text(rest, value.substr(open + known->second.size()), captures);
  }
  for (size_t end = open; end <= value.size(); ++end) {  // as little as will do
    Captures tried = captures;
    if (what != "any") tried[what.substr(8)] = value.substr(open, end - open);
    if (match_text(rest, value.substr(end), tried)) {
      captures = std::move(tried);
      return true;
    }
  }
  return false;
}

bool match(const Tree& expected, const Tree& actual, const Unstated& unstated, Captures& captures,
           std::string& why) {
  Tree judged = actual;
  const Name to("", "to");
  const Name from("", "from");
  if (expected.attributes.count(to) == 0) {
    const std::string value = actual.attribute("to");
    if (value == unstated.to_full || value == unstated.to_bare) judged.attributes.erase(to);
  }
  if (expected.attributes.count(from) == 0 && actual.attribute("from") == unstated.to_bare) {
    judged.attributes.erase(from);
  }
  return match_tree(expected, judged, captures, why);
}

}  // namespace scenario
