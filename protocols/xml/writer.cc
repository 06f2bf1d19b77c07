#include "protocols/xml/writer.h"

namespace xml {
namespace {

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

void escape(base::Bytes text, base::Bytes special, base::Sink& out) {
  for (;;) {
    const size_t at = text.find_first_of(special);
    out.append(text.substr(0, at));
    if (at == base::Bytes::npos) return;
    out.append(reference_for(text[at]));
    text.remove_prefix(at + 1);
  }
}

}  // namespace

// CR would be read back as LF, and white space in an attribute as a space (XML 1.0 §2.11, §3.3.3):
// written as references they survive.
void escape_text(base::Bytes text, base::Sink& out) { escape(text, "&<>\r", out); }
void escape_attribute(base::Bytes value, base::Sink& out) { escape(value, "&<>'\"\t\n\r", out); }

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
