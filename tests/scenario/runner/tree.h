// XML as the client side of a scenario sees it: a plain tree, made by expat so that what the
// server writes is judged by a parser that is not ours.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"

struct XML_ParserStruct;

namespace scenario {

using Name = std::pair<std::string, std::string>;  // namespace, local name

struct Tree {
  Name name;
  std::map<Name, std::string> attributes;
  std::vector<Tree> children;
  std::string text;  // all character data directly inside
  std::string attribute(const std::string& local) const;
  const Tree* child(const std::string& ns, const std::string& local) const;
};

// For people: not byte for byte what came, but the same element.
std::string print(const Tree& tree);

// Reads one XML stream: its header, then its first-level elements.
class StreamParser {
 public:
  StreamParser();
  ~StreamParser();
  StreamParser(const StreamParser&) = delete;
  StreamParser& operator=(const StreamParser&) = delete;

  bool feed(base::Bytes bytes);  // false: not well-formed; error() says where
  const std::string& error() const { return error_; }
  bool header_seen() const { return header_seen_; }
  const Tree& header() const { return header_; }
  bool ended() const { return ended_; }
  std::deque<Tree> elements;  // complete ones, in order

 private:
  static void on_start(void* self, const char* name, const char** attributes);
  static void on_end(void* self, const char* name);
  static void on_text(void* self, const char* text, int length);
  XML_ParserStruct* parser_;
  std::vector<Tree> open_;  // below the stream element
  Tree header_;
  std::string error_;
  bool header_seen_ = false;
  bool ended_ = false;
};

// The elements of a fragment, as they would stand in a client's stream. False: not well-formed.
bool parse_fragment(base::Bytes text, std::vector<Tree>& out, std::string& error);

}  // namespace scenario
