#include <expat.h>

#include <algorithm>

#include "tests/fuzz/xml_events.h"

namespace fuzz {
namespace {

constexpr char kSeparator = '\x01';  // no document can contain it

struct Node {
  std::string head;
  std::string text;
  std::string children;
};

struct Reading {
  Story story;
  std::vector<Node> open;
};

// expat writes "uri SEPARATOR local".
std::string expanded(const char* name) {
  const base::Bytes all(name);
  const size_t at = all.find(kSeparator);
  std::string out;
  if (at != base::Bytes::npos) out.append(all.substr(0, at));
  return out.append("|").append(all.substr(at + 1));  // npos + 1 is 0
}

std::string whole(const Node& node) { return node.head + node.text + node.children + "</>"; }

void on_start(void* user, const char* name, const char** pairs) {
  auto& reading = *static_cast<Reading*>(user);
  std::vector<std::string> attributes;
  for (; *pairs != nullptr; pairs += 2) {
    std::string one(" ");
    attributes.push_back(one.append(expanded(pairs[0])).append("=").append(pairs[1]));
  }
  std::sort(attributes.begin(), attributes.end());
  Node node;
  node.head.append("<").append(expanded(name));
  for (const std::string& attribute : attributes) node.head += attribute;
  node.head += ">";
  if (reading.open.empty()) reading.story.stanzas.push_back(node.head + "</>");
  reading.open.push_back(std::move(node));
}

void on_end(void* user, const char*) {
  auto& reading = *static_cast<Reading*>(user);
  const std::string text = whole(reading.open.back());
  reading.open.pop_back();
  if (reading.open.size() > 1) {
    reading.open.back().children += text;
  } else if (reading.open.size() == 1) {
    reading.story.stanzas.push_back(text);
  }
}

void on_text(void* user, const char* text, int size) {
  auto& reading = *static_cast<Reading*>(user);
  reading.open.back().text.append(text, static_cast<size_t>(size));
}

}  // namespace

Story read_expat(base::Bytes stream) {
  Reading reading;
  XML_Parser parser = XML_ParserCreateNS(nullptr, kSeparator);
  XML_SetUserData(parser, &reading);
  XML_SetElementHandler(parser, on_start, on_end);
  XML_SetCharacterDataHandler(parser, on_text);
  const auto status = XML_Parse(parser, stream.data(), static_cast<int>(stream.size()), 0);
  reading.story.ending = status == XML_STATUS_OK ? Ending::open : Ending::refused;
  if (status == XML_STATUS_OK && XML_Parse(parser, "", 0, 1) != XML_STATUS_OK) {
    const XML_Error code = XML_GetErrorCode(parser);
    reading.story.token_open = code == XML_ERROR_UNCLOSED_TOKEN || code == XML_ERROR_PARTIAL_CHAR ||
                               code == XML_ERROR_UNCLOSED_CDATA_SECTION;
  }
  XML_ParserFree(parser);
  return std::move(reading.story);
}

}  // namespace fuzz
