#include "tests/scenario/runner/tree.h"

#include <expat.h>

#include "protocols/xml/writer.h"

namespace scenario {
namespace {

constexpr char kSeparator = '\n';

Name split(const char* name) {
  const std::string text(name);
  const size_t at = text.find(kSeparator);
  if (at == std::string::npos) return {"", text};
  return {text.substr(0, at), text.substr(at + 1)};
}

Tree make(const char* name, const char** attributes) {
  Tree tree;
  tree.name = split(name);
  for (; *attributes != nullptr; attributes += 2) {
    tree.attributes[split(attributes[0])] = attributes[1];
  }
  return tree;
}

void print(const Tree& tree, const std::string& outer_ns, std::string& out) {
  out += '<' + tree.name.second;
  if (tree.name.first != outer_ns) xml::write_attribute("xmlns", tree.name.first, out);
  for (const auto& [name, value] : tree.attributes) {
    xml::write_attribute(name.first.empty() ? name.second : "{" + name.first + "}" + name.second,
                         value, out);
  }
  if (tree.children.empty() && tree.text.empty()) {
    out += "/>";
    return;
  }
  out += '>';
  xml::escape_text(tree.text, out);
  for (const Tree& child : tree.children) print(child, tree.name.first, out);
  out += "</" + tree.name.second + '>';
}

}  // namespace

std::string Tree::attribute(const std::string& local) const {
  const auto found = attributes.find({"", local});
  return found == attributes.end() ? std::string() : found->second;
}

const Tree* Tree::child(const std::string& ns, const std::string& local) const {
  for (const Tree& c : children) {
    if (c.name == Name(ns, local)) return &c;
  }
  return nullptr;
}

std::string print(const Tree& tree) {
  std::string out;
  print(tree, "jabber:client", out);
  return out;
}

StreamParser::StreamParser() : parser_(XML_ParserCreateNS("UTF-8", kSeparator)) {
#ifdef HAVE_REPARSE_DEFERRAL
  // Else expat may sit on the last bytes of a stanza that arrived in many chunks.
  XML_SetReparseDeferralEnabled(parser_, XML_FALSE);
#endif
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(parser_, on_start, on_end);
  XML_SetCharacterDataHandler(parser_, on_text);
}

StreamParser::~StreamParser() { XML_ParserFree(parser_); }

bool StreamParser::feed(base::Bytes bytes) {
  if (!error_.empty()) return false;
  if (XML_Parse(parser_, bytes.data(), static_cast<int>(bytes.size()), 0) == XML_STATUS_OK) {
    return true;
  }
  error_ = std::string(XML_ErrorString(XML_GetErrorCode(parser_))) + " in: " + std::string(bytes);
  return false;
}

void StreamParser::on_start(void* self, const char* name, const char** attributes) {
  auto* parser = static_cast<StreamParser*>(self);
  if (!parser->header_seen_) {
    parser->header_seen_ = true;
    parser->header_ = make(name, attributes);
    return;
  }
  parser->open_.push_back(make(name, attributes));
}

void StreamParser::on_end(void* self, const char*) {
  auto* parser = static_cast<StreamParser*>(self);
  if (parser->open_.empty()) {
    parser->ended_ = true;
    return;
  }
  Tree done = std::move(parser->open_.back());
  parser->open_.pop_back();
  if (parser->open_.empty()) {
    parser->elements.push_back(std::move(done));
  } else {
    parser->open_.back().children.push_back(std::move(done));
  }
}

void StreamParser::on_text(void* self, const char* text, int length) {
  auto* parser = static_cast<StreamParser*>(self);
  if (!parser->open_.empty()) parser->open_.back().text.append(text, static_cast<size_t>(length));
}

bool parse_fragment(base::Bytes text, std::vector<Tree>& out, std::string& error) {
  StreamParser parser;
  std::string whole =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
  whole += text;
  whole += "</stream:stream>";
  if (!parser.feed(whole) || !parser.ended()) {
    error = parser.error().empty() ? "unfinished element" : parser.error();
    return false;
  }
  for (Tree& tree : parser.elements) out.push_back(std::move(tree));
  return true;
}

}  // namespace scenario
