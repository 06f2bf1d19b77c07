// Who may know whom (DESIGN 2): arrows between our own folders, and which room a library lives in.
#include <algorithm>
#include <array>

#include "tests/tidy/rules.h"

namespace tidy {

namespace {

struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_open;  // besides itself
};

// The first room whose folder the file is in decides.
const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms = {
      {"engine/base", {}},
      {"engine/memory", {"engine/base"}},
      {"engine/trace", {"engine/base"}},
      {"engine/seam", {"engine/base", "engine/memory"}},
      {"engine/io", {"engine/base", "engine/memory", "engine/trace"}},
      {"engine/tls", {"engine/base", "engine/memory", "engine/trace", "engine/seam"}},
      {"engine/shard",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "engine/io"}},
      {"engine/journal",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "engine/io",
        "engine/shard"}},
      {"engine/net",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "engine/io", "engine/tls",
        "engine/shard"}},
      {"protocols/xml", {"engine/base", "engine/memory", "engine/trace"}},
      {"protocols/jid", {"engine/base", "engine/memory", "engine/trace"}},
      {"protocols/im",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "protocols/jid",
        "protocols/xml"}},
      {"protocols/xmpp",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "protocols/jid",
        "protocols/xml", "protocols/im"}},
      {"protocols/sip",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "protocols/jid",
        "protocols/xml", "protocols/im"}},
      {"protocols/gateway",
       {"engine/base", "engine/memory", "engine/trace", "engine/seam", "protocols/jid",
        "protocols/xml", "protocols/im", "protocols/xmpp", "protocols/sip"}},
      {"appliance", {"engine", "protocols"}},
  };
  return kRooms;
}

struct Library {
  std::string_view prefix;  // of the included name
  std::vector<std::string_view> rooms;
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> kLibraries = {
      {"liburing", {"engine/io", "tests/engine/io", "bench"}},
      {"openssl/", {"engine/tls", "tests", "bench"}},
      {"sqlite3", {"appliance/store", "tests/appliance"}},
      {"pugixml", {"appliance", "bench"}},
      {"simdjson", {"protocols/xml", "appliance", "tests", "bench"}},
      {"toml++/", {"appliance/config"}},
      {"unicode/", {"protocols/jid"}},
      {"idn2", {"protocols/jid", "appliance/node"}},
      {"archive", {"appliance/backup"}},
      {"ares", {"appliance/names"}},
      {"expat", {"tests", "bench"}},
      {"jemalloc/", {"engine/memory"}},
      {"gtest/", {"tests"}},
      {"gmock/", {"tests"}},
      {"benchmark/", {"bench"}},
  };
  return kLibraries;
}

struct Include {
  size_t line = 0;
  std::string_view name;
  bool quoted = false;
};

// Names stand inside literals, so they are read from the text where the code has a directive.
std::vector<Include> includes_of(const Source& source) {
  std::vector<Include> found;
  for (size_t i = 0; i < source.lines.size() && i < source.code_lines.size(); ++i) {
    std::string_view code = source.code_lines[i];
    code.remove_prefix(std::min(code.find_first_not_of(" \t"), code.size()));
    if (code.substr(0, 1) != "#" || code.find("include") == std::string_view::npos) continue;
    const std::string_view line = source.lines[i];
    const size_t open = line.find_first_of("<\"");
    if (open == std::string_view::npos) continue;
    const size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
    found.push_back({i + 1, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return found;
}

bool below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.substr(0, folder.size()) == folder &&
         path[folder.size()] == '/';
}

const Room* room_of(std::string_view path) {
  for (const Room& room : rooms()) {
    if (below(path, room.folder)) return &room;
  }
  return nullptr;
}

}  // namespace

std::string finding(const Source& source, size_t line, std::string_view what,
                    std::string_view remedy) {
  std::string text = source.path + ":" + std::to_string(line) + ": ";
  return text.append(what).append(": ").append(remedy);
}

Findings own_includes_point_down(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp()) continue;
    const Room* room = room_of(source->path);
    for (const Include& include : includes_of(*source)) {
      if (!include.quoted) continue;
      if (include.name.find('/') == std::string_view::npos) {
        found.push_back(finding(*source, include.line, "include not from the root",
                                "write the path from the root of the tree"));
        continue;
      }
      if (room == nullptr || below(include.name, room->folder)) continue;
      const bool open =
          std::any_of(room->may_open.begin(), room->may_open.end(),
                      [&](std::string_view folder) { return below(include.name, folder); });
      if (open) continue;
      found.push_back(
          finding(*source, include.line,
                  std::string(room->folder) + " may not include " + std::string(include.name),
                  "dependencies point down (DESIGN 2); move the code, or pass what "
                  "is needed through engine/seam"));
    }
    if (room == nullptr && (source->in("engine") || source->in("protocols"))) {
      found.push_back(finding(*source, 1, "a folder without dependency rules",
                              "give it a line in tests/tidy/includes.cc"));
    }
  }
  return found;
}

Findings libraries_stay_in_their_room(const Tree& tree) {
  Findings found;
  for (const Source* source : tree) {
    if (!source->cpp()) continue;
    for (const Include& include : includes_of(*source)) {
      for (const Library& library : libraries()) {
        if (include.name.substr(0, library.prefix.size()) != library.prefix) continue;
        const bool home = std::any_of(library.rooms.begin(), library.rooms.end(),
                                      [&](std::string_view folder) { return source->in(folder); });
        if (home) continue;
        found.push_back(finding(*source, include.line,
                                "<" + std::string(include.name) + "> outside its room",
                                "only " + std::string(library.rooms.front()) +
                                    " knows this library; ask it through our own header"));
      }
    }
  }
  return found;
}

}  // namespace tidy
