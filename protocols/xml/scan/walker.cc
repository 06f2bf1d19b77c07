#include "protocols/xml/scan/walker.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "protocols/xml/scan/characters.h"

namespace xml {
namespace {

constexpr base::Bytes kCdataOpen = "<![CDATA[";

}  // namespace

Walker::Walker(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
               base::Bytes inherited)
    : tape_(tape),
      stacks_(stacks),
      limits_(limits),
      in_(in.data()),
      size_(static_cast<uint32_t>(in.size())),
      structure_(in) {
  tape_.source = in;
  tape_.elements.clear();
  tape_.attributes.clear();
  tape_.scratch.clear();
  stacks_.open.clear();
  inherit(inherited);
}

ScanResult Walker::stanza() {
  CHECK(size_ > 0 && in_[0] == '<');
  return finish(content());
}

ScanResult Walker::header(uint32_t from) {
  CHECK(from < size_ && in_[from] == '<');
  at_ = from;
  structure_.skip_to(from);
  if (structure_.next() != from) return finish(refuse(Verdict::not_well_formed));
  return finish(start_tag());
}

// The checks of single characters come last, on exactly the stanza's bytes, and only if the index
// has seen any that could fail them.
ScanResult Walker::finish(bool done) {
  if (!done) {
    return {verdict_ == Verdict::ok ? Outcome::incomplete : Outcome::refused, verdict_, 0};
  }
  const uint8_t seen = structure_.seen();
  if ((seen & (kSeenControl | kSeenNonAscii)) != 0) {
    const Verdict verdict =
        check_characters(tape_.source.substr(0, at_), seen & kSeenControl, seen & kSeenNonAscii);
    if (verdict != Verdict::ok) return {Outcome::refused, verdict, 0};
  }
  tape_.source = tape_.source.substr(0, at_);
  return {Outcome::complete, Verdict::ok, at_};
}

bool Walker::content() {
  do {
    const uint32_t next = structure_.next();
    if (next == size_) return false;
    const char c = in_[next];
    if (c == '<') {
      if (next != at_ && !check_text(next)) return false;
      at_ = next;
      if (!markup()) return false;
    } else if (c == '>' && next >= at_ + 2 && in_[next - 1] == ']' && in_[next - 2] == ']') {
      return refuse(Verdict::not_well_formed);  // "]]>" in text (XML 1.0 §2.4)
    }
  } while (!stacks_.open.empty());
  return true;
}

bool Walker::check_text(uint32_t end) {
  if ((structure_.seen() & kSeenAmpersand) == 0) return true;
  const Verdict verdict = check_references({in_ + at_, end - at_});
  return verdict == Verdict::ok || refuse(verdict);
}

bool Walker::markup() {
  if (at_ + 1 >= size_) return false;
  switch (in_[at_ + 1]) {
    case '/':
      return end_tag();
    case '!':
      return cdata();
    case '?':
      return refuse(Verdict::restricted);
    default:
      return start_tag();
  }
}

bool Walker::cdata() {
  const base::Bytes rest(in_ + at_, std::min<size_t>(size_ - at_, kCdataOpen.size()));
  if (stacks_.open.empty() || !kCdataOpen.starts_with(rest)) return refuse(Verdict::restricted);
  if (rest.size() < kCdataOpen.size()) return false;
  const base::Bytes all(in_, size_);
  const size_t end = all.find("]]>", at_ + kCdataOpen.size());
  if (end == base::Bytes::npos) return false;
  at_ = static_cast<uint32_t>(end) + 3;
  structure_.skip_to(at_);
  return true;
}

bool Walker::start_tag() {
  if (stacks_.open.size() >= limits_.depth) return refuse(Verdict::too_deep);
  const auto index = static_cast<uint32_t>(tape_.elements.size());
  ElementToken& element = tape_.elements.emplace_back();
  element.begin = at_;
  element.first_attribute = static_cast<uint32_t>(tape_.attributes.size());
  element.next_sibling = 0;
  if (!stacks_.open.empty()) {
    OpenElement& parent = stacks_.open.back();
    if (parent.last_child != 0) tape_.elements[parent.last_child].next_sibling = index;
    parent.last_child = index;
  }
  declares_ = false;
  prefixed_ = false;
  ++at_;
  if (!qname(element.name)) return false;
  for (;;) {
    const uint32_t before = at_;
    skip_space();
    if (at_ == size_) return false;
    if (in_[at_] == '>' || in_[at_] == '/') return close_tag_open(index);
    if (at_ == before) return refuse(Verdict::not_well_formed);
    if (!attribute()) return false;
  }
}

// At the '>' or '/' that ends a start tag.
bool Walker::close_tag_open(uint32_t index) {
  const bool empty = in_[at_] == '/';
  if (empty) {
    if (++at_ == size_) return false;
    if (in_[at_] != '>') return refuse(Verdict::not_well_formed);
  }
  if (structure_.next() != at_) return refuse(Verdict::not_well_formed);
  ++at_;
  ElementToken& element = tape_.elements[index];
  element.attributes = static_cast<uint32_t>(tape_.attributes.size()) - element.first_attribute;
  element.open_end = element.close_begin = element.end = at_;
  stacks_.open.push_back({index, 0, static_cast<uint32_t>(stacks_.bindings.size()), default_ns_});
  if (!resolve(element)) return false;
  if (empty) close_element();
  return true;
}

void Walker::close_element() {
  CHECK(!stacks_.open.empty());
  const OpenElement& open = stacks_.open.back();
  CHECK(open.bindings <= stacks_.bindings.size() && open.bindings >= inherited_bindings_);
  tape_.elements[open.index].end = at_;
  stacks_.bindings.resize(open.bindings);
  default_ns_ = open.default_ns;
  stacks_.open.pop_back();
}

bool Walker::end_tag() {
  const uint32_t close = structure_.next();
  if (close == size_) return false;
  if (in_[close] != '>' || stacks_.open.empty()) return refuse(Verdict::not_well_formed);
  ElementToken& element = tape_.elements[stacks_.open.back().index];
  const uint32_t name = at_ + 2;
  const uint32_t name_end = name + element.name.size();
  if (name_end > close ||
      std::memcmp(in_ + name, in_ + element.name.begin(), element.name.size()) != 0) {
    return refuse(Verdict::not_well_formed);
  }
  for (uint32_t i = name_end; i < close; ++i) {
    if (!is_space(in_[i])) return refuse(Verdict::not_well_formed);
  }
  element.close_begin = at_;
  at_ = close + 1;
  close_element();
  return true;
}

bool Walker::attribute() {
  const uint32_t first = tape_.elements.back().first_attribute;
  if (tape_.attributes.size() - first >= limits_.attributes) {
    return refuse(Verdict::too_many_attributes);
  }
  AttributeToken& attribute = tape_.attributes.emplace_back();
  if (!qname(attribute.name)) return false;
  skip_space();
  if (at_ == size_) return false;
  if (in_[at_] != '=') return refuse(Verdict::not_well_formed);
  ++at_;
  skip_space();
  if (at_ == size_) return false;
  if (in_[at_] != '\'' && in_[at_] != '"') return refuse(Verdict::not_well_formed);
  if (attribute.name.prefix_size != 0) {
    prefixed_ = true;
    if (is_xmlns(attribute.name.begin(), attribute.name.prefix_size)) {
      declares_ = true;
      attribute.ns = kDeclaration;
    }
  } else if (is_xmlns(attribute.name.local, attribute.name.local_size)) {
    declares_ = true;
    attribute.ns = kDeclaration;
  }
  return attribute_value(attribute);
}

bool Walker::attribute_value(AttributeToken& attribute) {
  const char quote = in_[at_];
  if (structure_.next() != at_) return refuse(Verdict::not_well_formed);
  attribute.raw = ++at_;
  uint32_t end = 0;
  do {
    end = structure_.next();
    if (end == size_) return false;
    if (in_[end] == '<') return refuse(Verdict::not_well_formed);
  } while (in_[end] != quote);
  attribute.raw_size = end - at_;
  at_ = end + 1;
  if ((structure_.seen() & (kSeenAmpersand | kSeenControl)) == 0) return true;
  const base::Bytes raw(in_ + attribute.raw, attribute.raw_size);
  if (raw.find_first_of("&\t\n\r") == base::Bytes::npos) return true;
  attribute.state = ValueState::encoded;
  const Verdict verdict = check_references(raw);
  return verdict == Verdict::ok || refuse(verdict);
}

// A character of a name at at_, which is not ASCII.
bool Walker::name_character(bool first) {
  char32_t character = 0;
  const base::Bytes rest(in_ + at_, size_ - at_);
  const uint32_t size = decode_utf8(rest, character);
  if (size == 0) return is_cut_utf8(rest) ? false : refuse(Verdict::bad_encoding);
  if (first ? !is_name_start(character) : !is_name_rest(character)) {
    return refuse(Verdict::not_well_formed);
  }
  at_ += size;
  return true;
}

bool Walker::qname(QName& out) {
  const uint32_t begin = at_;
  uint32_t local = at_;
  for (;;) {
    if (at_ == size_) return false;
    if (static_cast<unsigned char>(in_[at_]) >= 0x80) {
      if (!name_character(true)) return false;
    } else if ((class_of(in_[at_]) & kNameStart) == 0) {
      return refuse(Verdict::not_well_formed);
    }
    for (;;) {
      at_ += count_name_bytes(in_ + at_, size_ - at_);
      if (at_ == size_) return false;
      if (static_cast<unsigned char>(in_[at_]) < 0x80) break;
      if (!name_character(false)) return false;
    }
    if (in_[at_] != ':' || local != begin) break;
    local = ++at_;
  }
  if (at_ - begin > std::min<uint32_t>(limits_.name_bytes, UINT16_MAX)) {
    return refuse(Verdict::name_too_long);
  }
  out.local = local;
  out.local_size = static_cast<uint16_t>(at_ - local);
  out.prefix_size = static_cast<uint16_t>(local == begin ? 0 : local - begin - 1);
  return true;
}

}  // namespace xml
