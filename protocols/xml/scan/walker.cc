#include "protocols/xml/scan/walker.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace xml {
namespace {

constexpr base::Bytes kCdataOpen = "<![CDATA[";

// What nearly every tag passes through is one piece of code, so that what it knows stays in
// registers.
#define HOT __attribute__((always_inline)) inline

template <class Word>
bool same_words(const char* a, const char* b, uint32_t size) {
  Word words[4];
  std::memcpy(words + 0, a, sizeof(Word));
  std::memcpy(words + 1, b, sizeof(Word));
  std::memcpy(words + 2, a + size - sizeof(Word), sizeof(Word));
  std::memcpy(words + 3, b + size - sizeof(Word), sizeof(Word));
  return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

// Names are short: two words that may overlap are faster than a call.
inline bool same_name(const char* a, const char* b, uint32_t size) {
  if (size < 4) return a[0] == b[0] && a[size - 1] == b[size - 1] && a[size / 2] == b[size / 2];
  if (size <= 8) return same_words<uint32_t>(a, b, size);
  if (size <= 16) return same_words<uint64_t>(a, b, size);
  return std::memcmp(a, b, size) == 0;
}

}  // namespace

HOT ElementToken& Walker::add_element(uint32_t at) {
  const uint32_t index = tape_.elements.size();
  ElementToken& element = tape_.elements.add();
  element.begin = at;
  element.first_attribute = tape_.attributes.size();
  element.next_sibling = 0;
  if (!stacks_.open.empty()) {
    OpenElement& parent = stacks_.open.back();
    if (parent.last_child != 0) tape_.elements[parent.last_child].next_sibling = index;
    parent.last_child = index;
  }
  return element;
}

// Nearly every name is ASCII, short and without a prefix.
HOT uint32_t Walker::element_name(uint32_t at, QName& out) {
  if (at < window_end_ && (class_of(in_[at]) & kNameStart) != 0) {
    const uint32_t count = name_bytes_in_window(in_ + at);
    const uint32_t end = at + count;
    if (count <= plain_name_max_ && (in_[end] == ' ' || is_tag_end(in_[end]))) {
      out = {at, static_cast<uint16_t>(count), 0};
      return end;
    }
  }
  return qname(at, out);
}

// ` name='value'`, the name as above: what nearly every attribute looks like. `quote` is the first
// structural byte behind `at`.
HOT bool Walker::is_plain_attribute(uint32_t at, uint32_t quote, uint32_t name_size) const {
  return name_size <= plain_name_max_ && at < window_end_ && in_[at] == ' ' &&
         in_[quote - 1] == '=' && (class_of(in_[at + 1]) & kNameStart) != 0 &&
         name_bytes_in_window(in_ + at + 1) == name_size && is_quote(in_[quote]);
}

HOT uint32_t Walker::start_tag(uint32_t at, Cursor& cursor) {
  if (stacks_.open.size() >= limits_.depth) return refuse(Verdict::too_deep);
  ElementToken& element = add_element(at);
  at = element_name(at + 1, element.name);
  if (at == kStop) return kStop;
  AttributeToken* const first = tape_.attributes.room_for(limits_.attributes);
  Tag tag{first, first + limits_.attributes};
  const uint32_t outer_ns = default_ns_;
  for (;;) {
    const uint32_t next = structure_.next(cursor);
    if (next < size_ && in_[next] == '>' && (next == at || (next == at + 1 && in_[at] == '/'))) {
      const bool empty = next != at;
      const uint32_t bindings = stacks_.bindings.size();
      at = next + 1;
      element.open_end = element.close_begin = element.end = at;
      element.attributes = static_cast<uint32_t>(tag.next - first);
      tape_.attributes.take(tag.next);
      if (!finish_tag(element, tag)) return kStop;
      if (!empty) {
        stacks_.open.add() = {tape_.elements.size() - 1, 0, bindings, outer_ns};
      } else {
        default_ns_ = outer_ns;
        if (tag.declares) stacks_.bindings.cut(bindings);
      }
      return at;
    }
    const uint32_t name_size = next - at - 2;
    if (next < size_ && tag.next != tag.end && is_plain_attribute(at, next, name_size)) {
      const QName name{at + 1, static_cast<uint16_t>(name_size), 0};
      at = attribute_value(next, name, tag, cursor);
      if (at == kStop) return kStop;
      continue;
    }
    structure_.put_back(next, cursor);
    Tag tag_so_far = tag;  // copies, so that the ones above need no place in memory
    Cursor here = cursor;
    at = rest_of_tag(at, tag_so_far, here);
    if (at == kStop) return kStop;
    tag = tag_so_far;
    cursor = here;
  }
}

HOT bool Walker::finish_tag(ElementToken& element, const Tag& tag) {
  if (tag.declares && !declare_all(element)) return false;
  element.ns = default_ns_;
  return (element.name.prefix_size == 0 && !tag.unusual) || resolve(element);
}

// From the quote that begins it.
HOT uint32_t Walker::attribute_value(uint32_t at, const QName& name, Tag& tag, Cursor& cursor) {
  const char quote = in_[at];
  uint32_t end = 0;
  do {
    end = structure_.next(cursor);
    if (end == size_) return kStop;
    if (in_[end] == '<') return refuse(Verdict::not_well_formed);
  } while (in_[end] != quote);
  const bool declaration = name.prefix_size == 0 ? is_xmlns(name.local, name.local_size)
                                                 : is_xmlns(name.begin(), name.prefix_size);
  const uint32_t bit = (in_[name.local] ^ (name.local_size << 2)) & 63;
  tag.unusual |= (tag.names >> bit & 1) != 0;
  tag.names |= uint64_t{1} << bit;
  AttributeToken& attribute = *tag.next++;
  attribute.name = name;
  attribute.raw = at + 1;
  attribute.raw_size = end - at - 1;
  attribute.ns = kNoNamespace;
  attribute.state = ValueState::as_written;
  if ((structure_.seen() & (kSeenAmpersand | kSeenControl)) != 0 && !check_value(attribute)) {
    return kStop;
  }
  if (declaration) {
    attribute.ns = kDeclaration;
    if (is_plain_declaration(attribute)) {
      default_ns_ = tape_.namespaces.size();
      tape_.namespaces.add() = {in_ + attribute.raw, attribute.raw_size};
    } else {
      tag.declares = true;
    }
  }
  return end + 1;
}

HOT uint32_t Walker::end_tag(uint32_t at, Cursor& cursor) {
  const uint32_t close = structure_.next(cursor);
  if (close == size_) return kStop;
  if (in_[close] != '>' || stacks_.open.empty()) return refuse(Verdict::not_well_formed);
  const OpenElement& open = stacks_.open.back();
  ElementToken& element = tape_.elements[open.index];
  const uint32_t name = at + 2;
  const uint32_t name_size = element.name.size();
  if (close - name < name_size || !same_name(in_ + name, in_ + element.name.begin(), name_size)) {
    return refuse(Verdict::not_well_formed);
  }
  if (skip_space(name + name_size) != close) return refuse(Verdict::not_well_formed);
  element.close_begin = at;
  element.end = close + 1;
  CHECK(open.bindings >= stacks_.inherited_bindings);
  stacks_.bindings.cut(open.bindings);
  default_ns_ = open.default_ns;
  stacks_.open.cut(stacks_.open.size() - 1);
  return close + 1;
}

HOT uint32_t Walker::markup(uint32_t at, Cursor& cursor) {
  if (at + 1 >= size_) return kStop;
  const char c = in_[at + 1];
  if (c == '/') return end_tag(at, cursor);
  if (c == '!') {
    at = cdata(at);
    structure_.skip_to(at, cursor);
    return at;
  }
  if (c == '?') return refuse(Verdict::restricted);
  return start_tag(at, cursor);
}

HOT uint32_t Walker::content() {
  Cursor cursor;
  uint32_t at = 0;
  do {
    const uint32_t next = structure_.next(cursor);
    if (next == size_) return kStop;
    const char c = in_[next];
    if (c == '<') {
      if (next != at && !check_text(at, next)) return kStop;
      at = markup(next, cursor);
      if (at == kStop) return kStop;
    } else if (c == '>' && next >= at + 2 && in_[next - 1] == ']' && in_[next - 2] == ']') {
      return refuse(Verdict::not_well_formed);  // "]]>" in text (XML 1.0 §2.4)
    }
  } while (!stacks_.open.empty());
  return at;
}

// The checks of single characters come last, on exactly the stanza's bytes, and only if the index
// has seen any that could fail them.
HOT ScanResult Walker::finish(uint32_t end) {
  if (end == kStop) {
    return {verdict_ == Verdict::ok ? Outcome::incomplete : Outcome::refused, verdict_, 0};
  }
  tape_.source = tape_.source.substr(0, end);
  const uint8_t seen = structure_.seen();
  if ((seen & (kSeenControl | kSeenNonAscii)) != 0) {
    const Verdict verdict =
        check_characters(tape_.source, seen & kSeenControl, seen & kSeenNonAscii);
    if (verdict != Verdict::ok) return {Outcome::refused, verdict, 0};
  }
  return {Outcome::complete, Verdict::ok, end};
}

HOT ScanResult Walker::stanza() {
  CHECK(size_ > 0 && in_[0] == '<');
  return finish(content());
}

ScanResult Walker::header(uint32_t from) {
  CHECK(from < size_ && in_[from] == '<');
  Cursor cursor;
  structure_.skip_to(from, cursor);
  if (structure_.next(cursor) != from) return finish(refuse(Verdict::not_well_formed));
  return finish(start_tag(from, cursor));
}

HOT Walker::Walker(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
                   base::Bytes inherited)
    : tape_(tape),
      stacks_(stacks),
      limits_(limits),
      in_(in.data()),
      size_(in.size()),
      name_max_(std::min<uint32_t>(limits.name_bytes, UINT16_MAX)),
      plain_name_max_(std::min(name_max_, kNameWindow - 1)),
      window_end_(in.size() > kNameWindow ? static_cast<uint32_t>(in.size()) - kNameWindow : 0),
      structure_(in) {
  tape_.source = in;
  tape_.elements.clear();
  tape_.attributes.clear();
  tape_.scratch.clear();
  stacks_.open.clear();
  inherit(inherited);
}

ScanResult scan_stanza(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
                       base::Bytes inherited) {
  SCAN_SCRATCH Walker walker(tape, stacks, in, limits, inherited);
  return walker.stanza();
}

ScanResult scan_header(Tape& tape, Stacks& stacks, base::Bytes in, const Limits& limits,
                       uint32_t from) {
  SCAN_SCRATCH Walker walker(tape, stacks, in, limits, {});
  return walker.header(from);
}

bool Walker::check_text(uint32_t from, uint32_t to) {
  if ((structure_.seen() & kSeenAmpersand) == 0) return true;
  verdict_ = check_references({in_ + from, to - from});
  return verdict_ == Verdict::ok;
}

uint32_t Walker::cdata(uint32_t at) {
  const base::Bytes rest(in_ + at, std::min<size_t>(size_ - at, kCdataOpen.size()));
  if (stacks_.open.empty() || !kCdataOpen.starts_with(rest)) return refuse(Verdict::restricted);
  if (rest.size() < kCdataOpen.size()) return kStop;
  const base::Bytes all(in_, size_);
  const size_t end = all.find("]]>", at + kCdataOpen.size());
  if (end == base::Bytes::npos) return kStop;
  return static_cast<uint32_t>(end) + 3;
}

// Inside a start tag, in whatever form: white space, and then an attribute if one begins there.
uint32_t Walker::rest_of_tag(uint32_t at, Tag& tag, Cursor& cursor) {
  const uint32_t before = at;
  at = skip_space(at);
  if (at == size_) return kStop;
  if (in_[at] == '>') return at;
  if (in_[at] == '/') {
    if (at + 1 == size_) return kStop;
    return in_[at + 1] == '>' ? at : refuse(Verdict::not_well_formed);
  }
  if (at == before) return refuse(Verdict::not_well_formed);
  if (tag.next == tag.end) return refuse(Verdict::too_many_attributes);
  return attribute(at, tag, cursor);
}

uint32_t Walker::attribute(uint32_t at, Tag& tag, Cursor& cursor) {
  QName name;
  at = qname(at, name);
  if (at == kStop) return kStop;
  at = skip_space(at);
  if (at == size_) return kStop;
  if (in_[at] != '=') return refuse(Verdict::not_well_formed);
  at = skip_space(at + 1);
  if (at == size_) return kStop;
  if (!is_quote(in_[at])) return refuse(Verdict::not_well_formed);
  CHECK(structure_.next(cursor) == at);
  tag.unusual |= name.prefix_size != 0;
  return attribute_value(at, name, tag, cursor);
}

bool Walker::check_value(AttributeToken& attribute) {
  const base::Bytes raw(in_ + attribute.raw, attribute.raw_size);
  const auto is_encoded = [](char c) { return c == '&' || (c != ' ' && is_space(c)); };
  if (std::none_of(raw.begin(), raw.end(), is_encoded)) return true;
  attribute.state = ValueState::encoded;
  verdict_ = check_references(raw);
  return verdict_ == Verdict::ok;
}

// A character of a name, which is not ASCII.
uint32_t Walker::name_character(uint32_t at, bool first) {
  char32_t character = 0;
  const base::Bytes rest(in_ + at, size_ - at);
  const uint32_t size = decode_utf8(rest, character);
  if (size == 0) return is_cut_utf8(rest) ? kStop : refuse(Verdict::bad_encoding);
  if (first ? !is_name_start(character) : !is_name_rest(character)) {
    return refuse(Verdict::not_well_formed);
  }
  return at + size;
}

uint32_t Walker::qname(uint32_t at, QName& out) {
  const uint32_t begin = at;
  uint32_t local = at;
  for (;;) {
    if (at == size_) return kStop;
    if (static_cast<unsigned char>(in_[at]) >= 0x80) {
      at = name_character(at, true);
      if (at == kStop) return kStop;
    } else if ((class_of(in_[at]) & kNameStart) == 0) {
      return refuse(Verdict::not_well_formed);
    }
    for (;;) {
      at += count_name_bytes(in_ + at, static_cast<uint32_t>(size_) - at);
      if (at == size_) return kStop;
      if (static_cast<unsigned char>(in_[at]) < 0x80) break;
      at = name_character(at, false);
      if (at == kStop) return kStop;
    }
    if (in_[at] != ':' || local != begin) break;
    local = ++at;
  }
  if (at - begin > name_max_) return refuse(Verdict::name_too_long);
  out.local = local;
  out.local_size = static_cast<uint16_t>(at - local);
  out.prefix_size = static_cast<uint16_t>(local == begin ? 0 : local - begin - 1);
  return at;
}

}  // namespace xml
