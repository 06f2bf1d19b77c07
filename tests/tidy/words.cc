// Words that may not be said outside their room: one door to the kernel, one clock, one source of
// random numbers, no exceptions, and nothing that hides a cost.
#include <algorithm>
#include <cctype>

#include "tests/tidy/rules.h"

namespace tidy {

namespace {

struct Ban {
  std::string_view word;                // ends in '(' : only as a call
  std::vector<std::string_view> reach;  // folders in which it is banned
  std::vector<std::string_view> rooms;  // except below these, or in these files
  std::string_view remedy;
};

const std::vector<Ban>& bans() {
  static const std::vector<std::string_view> kAll = {"engine", "protocols", "appliance", "tests",
                                                     "bench"};
  static const std::vector<std::string_view> kProduct = {"engine", "protocols", "appliance"};
  static const std::vector<std::string_view> kPure = {"engine", "protocols"};
  static const std::vector<std::string_view> kClockRooms = {"engine/io", "appliance/main.cc",
                                                            "appliance/node", "appliance/cli"};
  static const std::string_view kClock =
      "time is handed in: Turn::now and Turn::wall; only the reactor asks the kernel";
  static const std::string_view kThread =
      "a shard runs alone; between shards there are mailboxes (engine/shard)";
  static const std::string_view kRandom = "random numbers are handed in: base::Random";
  static const std::string_view kThrow =
      "engine and protocols are built without exceptions; return a status (STYLE 3.7)";
  static const std::string_view kStream = "append to a base::Sink";
  static const std::string_view kFile = "protocols touch no files; ask the store through the seam";
  static const std::vector<Ban> kBans = {
      {"io_uring_",
       kAll,
       {"engine/io", "tests/engine/io", "bench/load/io"},
       "go through the Reactor (engine/io)"},
      {"std::chrono", kProduct, kClockRooms, kClock},
      {"time(", kProduct, kClockRooms, kClock},
      {"clock_gettime(", kProduct, kClockRooms, kClock},
      {"gettimeofday(", kProduct, kClockRooms, kClock},
      {"localtime(", kProduct, {}, "there is no local time here: base::format_datetime"},
      {"localtime_r(", kProduct, {}, "there is no local time here: base::format_datetime"},
      {"sleep_for", kPure, {}, kClock},
      {"usleep(", kPure, {}, kClock},
      {"sleep(", kPure, {}, kClock},
      {"std::thread", kPure, {}, kThread},
      {"std::jthread", kPure, {}, kThread},
      {"std::async", kPure, {}, kThread},
      {"std::mutex", kPure, {}, kThread},
      {"std::shared_mutex", kPure, {}, kThread},
      {"std::condition_variable", kPure, {}, kThread},
      {"pthread_create(", kPure, {}, kThread},
      {"rand(", kProduct, {}, kRandom},
      {"random(", kProduct, {}, kRandom},
      {"std::random_device", kProduct, {}, kRandom},
      {"std::mt19937", kProduct, {}, kRandom},
      {"getenv(", kPure, {}, "settings come in as options, read by appliance/config"},
      {"std::regex", kProduct, {}, "write the few lines that parse it"},
      {"std::function", kPure, {}, "a virtual interface, or a template parameter"},
      {"<iostream>", kPure, {}, kStream},
      {"std::cout", kPure, {}, kStream},
      {"std::cerr", kPure, {}, kStream},
      {"std::stringstream", kPure, {}, kStream},
      {"std::ostringstream", kPure, {}, kStream},
      {"throw", kPure, {}, kThrow},
      {"try", kPure, {}, kThrow},
      {"catch", kPure, {}, kThrow},
      {"std::ifstream", {"protocols"}, {}, kFile},
      {"std::ofstream", {"protocols"}, {}, kFile},
      {"fopen(", {"protocols"}, {}, kFile},
      {"open(", {"protocols"}, {}, kFile},
      {"std::atomic", {"protocols"}, {}, kThread},
      {"thread_local", {"protocols"}, {}, "state belongs to the Realm or the Session"},
  };
  return kBans;
}

// Where a room's purpose needs the word. Short on purpose; each with its reason.
const std::vector<Exception>& exceptions() {
  static const std::vector<Exception> kExceptions = {
      {"engine/trace/log.cc", "std::thread", "the log thread, so that no shard ever writes"},
      {"engine/trace/log.cc", "std::mutex", "log thread and flush_log() share the draining side"},
      {"engine/trace/watch.cc", "std::mutex", "log thread and admin socket share the queues"},
      {"engine/trace/levels.cc", "std::mutex", "operators' changes only; readers take no lock"},
      {"engine/net/source_limits.h", "std::mutex", "connections per source, of the whole node"},
      {"engine/net/source_limits.cc", "std::mutex", "connections per source, of the whole node"},
      {"engine/net/shard_set.cc", "std::thread", "where the shards' threads begin and end"},
      {"engine/shard/inbox.h", "std::mutex", "answers and commands from threads without a ring"},
      {"engine/journal/disk", "std::thread", "the thread that prepares segments, which blocks"},
      {"engine/journal/disk", "std::mutex", "it shares its queue with the shards"},
      {"engine/journal/disk", "std::condition_variable", "it sleeps until it is asked"},
      {"engine/io/commit_thread.h", "std::thread", "where io_uring is blocked, a sync needs one"},
      {"engine/io/commit_thread.cc", "std::thread", "where io_uring is blocked, a sync needs one"},
      {"engine/io/commit_thread.h", "std::mutex", "it shares one commit with the reactor"},
      {"engine/io/commit_thread.h", "std::condition_variable", "it sleeps until there is a commit"},
      {"engine/tls/ticket_keys.h", "std::mutex", "all shards share the keys; new ones are rare"},
      {"appliance/store/writer.cc", "std::chrono",
       "the writer's thread gathers a group, at most 5 ms"},
      {"appliance/store/archive", "std::chrono", "a thread of its own, which looks at its feed"},
      {"appliance/admin", "std::chrono", "a thread of its own, whose sockets have deadlines"},
      {"protocols/xml/scan/structure.cc", "std::atomic", "which instructions the CPU has, once"},
      {"protocols/xmpp", "open(", "a stream or a session opens"},
  };
  return kExceptions;
}

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Finds `word` as a word of its own. A call must not be a member's or another namespace's.
bool says(std::string_view line, std::string_view word) {
  const bool call = word.back() == '(';
  const std::string_view name = call ? word.substr(0, word.size() - 1) : word;
  const bool prefix = name.back() == '_';  // io_uring_ begins many names
  for (size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    const size_t end = at + name.size();
    if (at > 0 && word_character(line[at - 1]) && word_character(name.front())) continue;
    if (!prefix && end < line.size() && word_character(line[end]) && word_character(name.back())) {
      continue;
    }
    if (!call) return true;
    if (end >= line.size() || line[end] != '(') continue;
    const std::string_view before = line.substr(0, at);
    const bool global = before.empty() || before.size() < 2 ||
                        (before.substr(before.size() - 2) == "::" &&
                         (before.size() == 2 || !word_character(before[before.size() - 3])));
    const bool standard = before.size() >= 5 && before.substr(before.size() - 5) == "std::";
    const char last = before.empty() ? ' ' : before.back();
    const bool plain = last != '.' && last != ':' &&
                       !(last == '>' && before.size() > 1 && before[before.size() - 2] == '-');
    if (global || standard || plain) return true;
  }
  return false;
}

// `uint64_t time(…)` declares, `return time(…)` calls.
bool declares(std::string_view line, std::string_view word) {
  if (word.back() != '(') return false;
  const size_t at = line.find(word);
  if (at == std::string_view::npos || at < 2 || line[at - 1] != ' ') return false;
  size_t start = at - 1;
  while (start > 0 && word_character(line[start - 1])) --start;
  const std::string_view before = line.substr(start, at - 1 - start);
  return !before.empty() && before != "return" && before != "co_return" && before != "else";
}

bool in_any(const Source& source, const std::vector<std::string_view>& places) {
  return std::any_of(places.begin(), places.end(), [&](std::string_view place) {
    return source.path == place || source.in(place);
  });
}

bool excepted(const Source& source, std::string_view word) {
  for (const Exception& exception : exceptions()) {
    const bool here = source.path == exception.path || source.in(exception.path);
    if (here && exception.what == word) return true;
  }
  return false;
}

void check_line(const Source& source, size_t line, std::string_view text, Findings& found) {
  for (const Ban& ban : bans()) {
    if (!in_any(source, ban.reach) || in_any(source, ban.rooms)) continue;
    if (!says(text, ban.word) || declares(text, ban.word) || excepted(source, ban.word)) continue;
    found.push_back(
        finding(source, line, "`" + std::string(ban.word) + "` outside its room", ban.remedy));
  }
}

}  // namespace

Findings banned_words_stay_out(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp()) continue;
    for (size_t i = 0; i < source->code_lines.size(); ++i) {
      check_line(*source, i + 1, source->code_lines[i], found);
    }
  }
  return found;
}

Findings nothing_is_left_to_do(const Tree& tree) {
  // Put together here, so that this file does not find itself.
  const std::string reminders[] = {std::string("FIX") + "ME", std::string("TO") + "DO",
                                   std::string("XX") + "X"};
  Findings found;
  for (const Source* source : tree) {
    for (size_t i = 0; i < source->lines.size(); ++i) {
      for (const std::string& word : reminders) {
        if (!says(source->lines[i], word)) continue;
        found.push_back(finding(*source, i + 1, "a reminder is left (" + word + ")",
                                "do it now, or write it down as a limit in the README"));
      }
    }
  }
  return found;
}

Findings no_machine_paths(const Tree& tree) {
  const std::string places[] = {std::string("/wo") + "rk/", std::string("/ro") + "ot/",
                                std::string("/ho") + "me/"};
  Findings found;
  for (const Source* source : tree) {
    for (size_t i = 0; i < source->lines.size(); ++i) {
      const std::string_view line = source->lines[i];
      for (const std::string& place : places) {
        const size_t at = line.find(place);
        if (at == std::string_view::npos) continue;
        const bool longer = at > 0 && word_character(line[at - 1]);  // part of another path
        const bool ends =
            at + place.size() >= line.size() || !word_character(line[at + place.size()]);
        if (longer || ends) continue;
        found.push_back(finding(*source, i + 1, "a path of one machine (" + place + "…)",
                                "use a relative path, an argument or a build definition"));
      }
    }
  }
  return found;
}

}  // namespace tidy
