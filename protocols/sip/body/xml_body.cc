#include "protocols/sip/body/xml_body.h"

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

constexpr base::Bytes kByteOrderMark = "\xEF\xBB\xBF";
constexpr base::Bytes kSpaces = " \t\r\n";
constexpr uint32_t kAttributesMax = 64;

// The end of what starts at `at` and ends with `end`; npos: it never does.
size_t past(base::Bytes in, size_t at, base::Bytes end) {
  const size_t found = in.find(end, at);
  return found == base::Bytes::npos ? found : found + end.size();
}

// Is there a comment, an instruction, a literal or a declaration?
bool has_more_than_tags(base::Bytes in) {
  for (size_t at = in.find('<'); at < in.size(); at = in.find('<', at + 1)) {
    const char next = at + 1 < in.size() ? in[at + 1] : '\0';
    if (next == '!' || next == '?') return true;
  }
  return false;
}

// Copies `in` without comments and processing instructions. Only between tags: inside of one,
// taking something away would make a tag of what is none.
BodyFault clean(base::Bytes in, std::string& out) {
  out.clear();
  bool in_tag = false;
  for (size_t at = 0; at < in.size();) {
    const base::Bytes rest = in.substr(at);
    const bool comment = rest.starts_with("<!--");
    const bool instruction = rest.starts_with("<?");
    const bool literal = rest.starts_with("<![CDATA[");
    if (rest.starts_with("<!") && !comment && !literal) return BodyFault::forbidden;
    if (in_tag && rest[0] == '<') return BodyFault::malformed;
    if (comment || instruction || literal) {
      const size_t end = comment       ? past(in, at + 4, "-->")
                         : instruction ? past(in, at + 2, "?>")
                                       : past(in, at, "]]>");
      if (end == base::Bytes::npos) return BodyFault::malformed;
      if (literal) out.append(in.substr(at, end - at));
      at = end;
      continue;
    }
    if (rest[0] == '<') in_tag = true;
    if (rest[0] == '>') in_tag = false;
    out.push_back(rest[0]);
    ++at;
  }
  return BodyFault::none;
}

BodyFault fault_of(xml::Verdict verdict) {
  switch (verdict) {
    case xml::Verdict::ok:
      return BodyFault::none;
    case xml::Verdict::not_well_formed:
    case xml::Verdict::bad_namespace_prefix:
    case xml::Verdict::bad_encoding:
      return BodyFault::malformed;
    case xml::Verdict::restricted:
      return BodyFault::forbidden;
    case xml::Verdict::too_deep:
    case xml::Verdict::too_many_attributes:
    case xml::Verdict::name_too_long:
    case xml::Verdict::stanza_too_big:
      return BodyFault::too_large;
  }
  CHECK(false);
  return BodyFault::malformed;
}

void count(BodyFault fault) {
  switch (fault) {
    case BodyFault::none:
      return;
    case BodyFault::too_large:
      return trace::count(trace::Counter::sip_xml_body_too_large);
    case BodyFault::malformed:
      return trace::count(trace::Counter::sip_xml_body_malformed);
    case BodyFault::forbidden:
      return trace::count(trace::Counter::sip_xml_body_forbidden);
    case BodyFault::other_kind:
      return trace::count(trace::Counter::sip_xml_body_other_kind);
  }
  CHECK(false);
}

}  // namespace

BodyFault XmlBody::read(base::Bytes body, base::Bytes root, uint32_t bytes_max) {
  if (body.size() > bytes_max) return BodyFault::too_large;
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  body = trimmed(body);
  if (body.starts_with("<?xml")) {
    const size_t end = past(body, 0, "?>");
    if (end == base::Bytes::npos) return BodyFault::malformed;
    body = trimmed(body.substr(end));  // whatever encoding it names: it must be UTF-8
  }
  if (has_more_than_tags(body)) {
    const BodyFault fault = clean(body, cleaned_);
    if (fault != BodyFault::none) return fault;
    body = trimmed(cleaned_);
  }
  const xml::Limits limits{kXmlBodyDepthMax, kAttributesMax, 255, bytes_max};
  const BodyFault fault = fault_of(document_.parse(body, limits));
  if (fault != BodyFault::none) return fault;
  return document_.root().name() == root ? BodyFault::none : BodyFault::other_kind;
}

BodyFault XmlBody::parse(base::Bytes body, base::Bytes root, uint32_t bytes_max) {
  CHECK(!root.empty());
  const BodyFault fault = read(body, root, bytes_max);
  count(fault);
  return fault;
}

xml::Element child(xml::Element parent, base::Bytes name) {
  if (!parent) return {};
  xml::Element one = parent.first_child();
  while (one && one.name() != name) one = one.next_sibling();
  return one;
}

xml::Element next(xml::Element sibling, base::Bytes name) {
  xml::Element one = sibling.next_sibling();
  while (one && one.name() != name) one = one.next_sibling();
  return one;
}

base::Bytes trimmed(base::Bytes text) {
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == base::Bytes::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool same_word(base::Bytes a, base::Bytes b) { return equal_ignoring_case(trimmed(a), trimmed(b)); }

}  // namespace sip
