#include "protocols/xml/writer.h"

#include <array>
#include <cstdint>

namespace xml {
namespace {

// CR would be read back as LF, and white space in an attribute as a space (XML 1.0 §2.11, §3.3.3):
// written as references they survive.
constexpr std::array kSpecialInText = {'&', '<', '>', '\r'};
constexpr std::array kSpecialInAttributes = {'&', '<', '>', '\'', '"', '\t', '\n', '\r'};

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

template <size_t kCount>
bool any_in(const char* text, size_t size, const std::array<char, kCount>& special) {
  uint8_t any = 0;
  for (const char one : special) {
    for (size_t i = 0; i < size; ++i) any |= static_cast<uint8_t>(text[i] == one);
  }
  return any != 0;
}

// The first special character at or behind `at`, or the end. The compiler makes a few instructions
// of each block.
template <size_t kCount>
size_t find_special(base::Bytes text, size_t at, const std::array<char, kCount>& special) {
  constexpr size_t kBlock = 16;
  while (text.size() - at >= kBlock && !any_in(text.data() + at, kBlock, special)) at += kBlock;
  while (at < text.size() && !any_in(text.data() + at, 1, special)) ++at;
  return at;
}

template <size_t kCount>
void escape(base::Bytes text, const std::array<char, kCount>& special, base::Sink& out) {
  size_t done = 0;
  while (true) {
    const size_t at = find_special(text, done, special);
    out.append(text.substr(done, at - done));
    if (at == text.size()) return;
    out.append(reference_for(text[at]));
    done = at + 1;
  }
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
