#include "protocols/xml/writer.h"

#include <array>

namespace xml {
namespace {

using Special = std::array<bool, 256>;

constexpr Special special(base::Bytes characters) {
  Special table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

// CR would be read back as LF, and white space in an attribute as a space (XML 1.0 §2.11, §3.3.3):
// written as references they survive.
constexpr Special kSpecialInText = special("&<>\r");
constexpr Special kSpecialInAttributes = special("&<>'\"\t\n\r");

base::Bytes reference_for(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&apos;";
    case '"':
      return "&quot;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    default:
      return "&#13;";
  }
}

void escape(base::Bytes text, const Special& special, base::Sink& out) {
  size_t done = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!special[static_cast<unsigned char>(text[at])]) continue;
    out.append(text.substr(done, at - done)).append(reference_for(text[at]));
    done = at + 1;
  }
  out.append(text.substr(done));
}

}  // namespace

void escape_text(base::Bytes text, base::Sink& out) { escape(text, kSpecialInText, out); }
void escape_attribute(base::Bytes value, base::Sink& out) {
  escape(value, kSpecialInAttributes, out);
}

void write_attribute(base::Bytes name, base::Bytes value, base::Sink& out) {
  out.push_back(' ');
  out.append(name);
  out.append("='");
  escape_attribute(value, out);
  out.push_back('\'');
}

void write_text_element(base::Bytes name, base::Bytes text, base::Sink& out) {
  out.push_back('<');
  out.append(name);
  out.push_back('>');
  escape_text(text, out);
  out.append("</");
  out.append(name);
  out.push_back('>');
}

}  // namespace xml
