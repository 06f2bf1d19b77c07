#include "tests/scenario/runner/script.h"

#include <sstream>
#include <utility>

namespace scenario {
namespace {

struct Phrase {
  const char* words;
  Verb verb;
  bool takes_text;
};

// Longer phrases first: the first that fits is taken.
constexpr Phrase kPhrases[] = {
    {"receives in any order", Verb::receives_any_order, true},
    {"receives nothing", Verb::receives_nothing, false},
    {"receives", Verb::receives, true},
    {"sends", Verb::sends, true},
    {"connects", Verb::connects, false},
    {"opens a stream", Verb::opens, false},
    {"logs in", Verb::logs_in, false},
    {"goes online", Verb::goes_online, false},
    {"forgets what came", Verb::forgets, false},
    {"disconnects", Verb::disconnects, false},
    {"loses connection", Verb::loses_connection, false},
    {"resumes", Verb::resumes, false},
    {"is disconnected", Verb::is_disconnected, false},
};

std::string trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

// What follows `words` at the front of `text`, where any number of blanks counts as one.
bool take_words(const std::string& text, const std::string& words, std::string& rest) {
  size_t at = 0;
  for (const char c : words) {
    if (at == text.size() || text[at] != c) return false;
    ++at;
    while (c == ' ' && at < text.size() && text[at] == ' ') ++at;
  }
  rest = trimmed(text.substr(at));
  return true;
}

bool parse_friends(const std::string& client, const std::string& rest, Step& step) {
  const std::string head = "and ";
  const std::string tail = " are friends";
  if (rest.rfind(head, 0) != 0 || rest.size() <= head.size() + tail.size()) return false;
  if (rest.compare(rest.size() - tail.size(), tail.size(), tail) != 0) return false;
  step.verb = Verb::befriend;
  step.client = client;
  step.other = rest.substr(head.size(), rest.size() - head.size() - tail.size());
  return true;
}

bool parse_step(const std::string& line, Step& step) {
  const size_t space = line.find(' ');
  if (space == std::string::npos) return false;
  step.client = line.substr(0, space);
  const std::string rest = trimmed(line.substr(space));
  if (parse_friends(step.client, rest, step)) return true;
  for (const Phrase& phrase : kPhrases) {
    if (!take_words(rest, phrase.words, step.text)) continue;
    step.verb = phrase.verb;
    return phrase.takes_text || step.text.empty();
  }
  return false;
}

bool wants_text(Verb verb) {
  return verb == Verb::sends || verb == Verb::receives || verb == Verb::receives_any_order;
}

}  // namespace

bool parse_script(const std::string& text, Script& out, std::string& error) {
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::string content = trimmed(line);
    if (content.empty()) continue;
    if (content[0] == '#') {
      if (out.title.empty()) out.title = trimmed(content.substr(1));
      continue;
    }
    const bool continues = line[0] == ' ' || line[0] == '\t';
    if (continues && !out.steps.empty() && wants_text(out.steps.back().verb)) {
      out.steps.back().text += '\n' + content;
      continue;
    }
    if (!continues && content.rfind("needs ", 0) == 0) {
      out.needs.push_back(trimmed(content.substr(6)));
      continue;
    }
    Step step;
    step.line = number;
    if (continues || !parse_step(content, step)) {
      error = "line " + std::to_string(number) + ": not a step: " + content;
      return false;
    }
    out.steps.push_back(std::move(step));
  }
  for (const Step& step : out.steps) {
    if (!wants_text(step.verb) || !step.text.empty()) continue;
    error = "line " + std::to_string(step.line) + ": what?";
    return false;
  }
  if (out.title.empty()) error = "line 1: a scenario starts with # and its title";
  return !out.title.empty();
}

}  // namespace scenario
