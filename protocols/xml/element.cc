#include "protocols/xml/element.h"

#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/scan/characters.h"

namespace xml {
namespace {

constexpr base::Bytes kCdataOpen = "<![CDATA[";
constexpr base::Bytes kCdataClose = "]]>";

// Appends text with its line ends made one (XML 1.0 §2.11).
void append_lines(base::Bytes text, base::Sink& out) {
  while (!text.empty()) {
    const size_t end = text.find('\r');
    out.append(text.substr(0, end));
    if (end == base::Bytes::npos) return;
    out.push_back('\n');
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

// Character data with references, without CDATA sections.
void append_decoded(base::Bytes text, base::Sink& out) {
  for (;;) {
    const size_t reference = text.find('&');
    append_lines(text.substr(0, reference), out);
    if (reference == base::Bytes::npos) return;
    text.remove_prefix(reference);
    char32_t character = 0;
    Verdict verdict = Verdict::ok;
    const uint32_t size = parse_reference(text, character, verdict);
    CHECK(size != 0);  // the scan has refused it otherwise
    append_utf8(character, out);
    text.remove_prefix(size);
  }
}

// What stands between two tags.
void append_content(base::Bytes content, base::Sink& out) {
  while (!content.empty()) {
    const size_t section = content.find('<');
    append_decoded(content.substr(0, section), out);
    if (section == base::Bytes::npos) return;
    // Between two tags the scan has let nothing else pass.
    CHECK(content.substr(section).starts_with(kCdataOpen));
    content.remove_prefix(section + kCdataOpen.size());
    const size_t end = content.find(kCdataClose);
    CHECK(end != base::Bytes::npos);
    append_lines(content.substr(0, end), out);
    content.remove_prefix(end + kCdataClose.size());
  }
}

bool rewritten(base::Bytes name) {
  return name == "to" || name == "from" || name == "id" || name == "type";
}

}  // namespace

base::Bytes Element::name() const {
  if (document_ == nullptr) return {};
  return document_->tape_.local(document_->tape_.elements[index_].name);
}

base::Bytes Element::ns() const {
  if (document_ == nullptr) return {};
  return document_->tape_.namespaces[document_->tape_.elements[index_].ns];
}

bool Element::is(base::Bytes name, base::Bytes ns) const {
  return document_ != nullptr && this->name() == name && this->ns() == ns;
}

AttributeToken* Element::find(base::Bytes name, base::Bytes ns) const {
  if (document_ == nullptr) return nullptr;
  Tape& tape = document_->tape_;
  const ElementToken& element = tape.elements[index_];
  for (uint32_t i = 0; i < element.attributes; ++i) {
    AttributeToken& attribute = tape.attributes[element.first_attribute + i];
    if (attribute.ns == kDeclaration || tape.local(attribute.name) != name) continue;
    if (tape.namespaces[attribute.ns] == ns) return &attribute;
  }
  return nullptr;
}

base::Bytes Element::attribute(base::Bytes name, base::Bytes ns) const {
  AttributeToken* const found = find(name, ns);
  return found == nullptr ? base::Bytes() : document_->tape_.value(*found);
}

base::Bytes Element::attribute(base::Bytes name) const { return attribute(name, {}); }
bool Element::has_attribute(base::Bytes name) const { return find(name, {}) != nullptr; }

uint32_t Element::attribute_count() const {
  return document_ == nullptr ? 0 : document_->tape_.elements[index_].attributes;
}

Attribute Element::attribute_at(uint32_t i) const {
  CHECK(i < attribute_count());
  Tape& tape = document_->tape_;
  AttributeToken& token = tape.attributes[tape.elements[index_].first_attribute + i];
  Attribute out;
  out.declaration = token.ns == kDeclaration;
  out.name = tape.local(token.name);
  out.ns = out.declaration ? kXmlnsNamespace : tape.namespaces[token.ns];
  out.value = tape.value(token);
  return out;
}

Element Element::first_child() const {
  if (document_ == nullptr) return {};
  const auto& elements = document_->tape_.elements;
  const uint32_t next = index_ + 1;
  if (next >= elements.size() || elements[next].begin >= elements[index_].end) return {};
  return Element(document_, next);
}

Element Element::next_sibling() const {
  if (document_ == nullptr) return {};
  const uint32_t next = document_->tape_.elements[index_].next_sibling;
  return next == 0 ? Element() : Element(document_, next);
}

Element Element::child(base::Bytes name, base::Bytes ns) const {
  for (Element at = first_child(); at; at = at.next_sibling()) {
    if (at.is(name, ns)) return at;
  }
  return {};
}

void Element::text(base::Sink& out) const {
  if (document_ == nullptr) return;
  const Tape& tape = document_->tape_;
  const ElementToken& element = tape.elements[index_];
  uint32_t from = element.open_end;
  for (Element at = first_child(); at; at = at.next_sibling()) {
    const ElementToken& child = tape.elements[at.index_];
    CHECK(from <= child.begin && child.end <= element.close_begin);
    append_content(tape.source.substr(from, child.begin - from), out);
    from = child.end;
  }
  append_content(tape.source.substr(from, element.close_begin - from), out);
}

std::string Element::text() const {
  std::string out;
  text(out);
  return out;
}

base::Bytes Element::outer() const {
  if (document_ == nullptr) return {};
  const ElementToken& element = document_->tape_.elements[index_];
  return document_->tape_.source.substr(element.begin, element.end - element.begin);
}

base::Bytes Element::inner() const {
  if (document_ == nullptr) return {};
  const ElementToken& element = document_->tape_.elements[index_];
  return document_->tape_.source.substr(element.open_end, element.close_begin - element.open_end);
}

void Element::forwarded_attributes(base::Sink& out) const {
  if (document_ == nullptr) return;
  Tape& tape = document_->tape_;
  const ElementToken& element = tape.elements[index_];
  for (uint32_t i = 0; i < element.attributes; ++i) {
    const AttributeToken& attribute = tape.attributes[element.first_attribute + i];
    const base::Bytes local = tape.local(attribute.name);
    if (attribute.name.prefix_size == 0) {
      if (attribute.ns == kDeclaration || rewritten(local)) continue;
    } else if (attribute.ns == kXml && local == "lang") {
      continue;
    }
    const uint32_t begin = attribute.name.begin();
    const uint32_t end = attribute.raw + attribute.raw_size + 1;
    out.push_back(' ');
    out.append(tape.source.substr(begin, end - begin));
  }
  forward_inherited(out);
}

}  // namespace xml
