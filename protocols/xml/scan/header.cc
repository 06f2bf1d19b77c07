#include "protocols/xml/scan/header.h"

#include "protocols/xml/scan/characters.h"
#include "protocols/xml/scan/declarations.h"

namespace xml {
namespace {

constexpr base::Bytes kOpen = "<?xml";

void skip_space(base::Bytes& in) {
  while (!in.empty() && is_space(in[0])) in.remove_prefix(1);
}

bool equals_ignoring_case(base::Bytes a, base::Bytes lower) {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// ` name = "value"` at the front of `in` (XML 1.0 §2.8); false and `in` unchanged if it is not.
bool take_pair(base::Bytes& in, base::Bytes name, base::Bytes& value) {
  base::Bytes rest = in;
  skip_space(rest);
  if (rest.size() == in.size() || !rest.starts_with(name)) return false;
  rest.remove_prefix(name.size());
  skip_space(rest);
  if (!rest.starts_with('=')) return false;
  rest.remove_prefix(1);
  skip_space(rest);
  if (!rest.starts_with('\'') && !rest.starts_with('"')) return false;
  const size_t end = rest.find(rest[0], 1);
  if (end == base::Bytes::npos) return false;
  value = rest.substr(1, end - 1);
  in = rest.substr(end + 1);
  return true;
}

// Letters, digits and "._-": what XML 1.0 allows in both values (§2.8, §4.3.3). Any version is
// taken, even none, as parsers of XML 1.0 always have.
bool good_value(base::Bytes value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x80 || (class_of(c) & kNameRest) == 0) return false;
  }
  return true;
}

bool good_encoding_name(base::Bytes name) {
  return good_value(name) && !name.empty() && (name[0] | 32) >= 'a' && (name[0] | 32) <= 'z';
}

Verdict parse_declaration(base::Bytes& in) {
  in.remove_prefix(kOpen.size());
  base::Bytes value;
  if (!take_pair(in, "version", value) || !good_value(value)) return Verdict::not_well_formed;
  if (take_pair(in, "encoding", value)) {
    if (!good_encoding_name(value)) return Verdict::not_well_formed;
    if (!equals_ignoring_case(value, "utf-8")) return Verdict::bad_encoding;
  }
  if (take_pair(in, "standalone", value) && value != "yes" && value != "no") {
    return Verdict::not_well_formed;
  }
  skip_space(in);
  if (!in.starts_with("?>")) return Verdict::not_well_formed;
  in.remove_prefix(2);
  return Verdict::ok;
}

}  // namespace

Verdict parse_prolog(base::Bytes in, uint32_t& size) {
  const size_t all = in.size();
  if (in.starts_with(kOpen) && in.size() > kOpen.size() && is_space(in[kOpen.size()])) {
    const Verdict verdict = parse_declaration(in);
    if (verdict != Verdict::ok) return verdict;
  }
  skip_space(in);
  if (in.starts_with("<?") || in.starts_with("<!")) return Verdict::restricted;
  if (!in.starts_with('<')) return Verdict::not_well_formed;
  size = static_cast<uint32_t>(all - in.size());
  return Verdict::ok;
}

bool summarise_header(Tape& tape, base::Sink& out) {
  const ElementToken& element = tape.elements[0];
  append_declaration(tape.source.substr(element.name.begin(), element.name.size()), {}, out);
  for (uint32_t i = 0; i < element.attributes; ++i) {
    AttributeToken& attribute = tape.attributes[element.first_attribute + i];
    if (attribute.ns != kDeclaration) continue;
    const base::Bytes prefix =
        attribute.name.prefix_size == 0 ? base::Bytes() : tape.local(attribute.name);
    const base::Bytes uri = tape.value(attribute);
    if (uri.size() > kDeclarationBytesMax) return false;
    if (prefix != "xml") append_declaration(prefix, uri, out);
  }
  return out.size() <= kDeclarationBytesMax;
}

bool closes(base::Bytes in, base::Bytes name) {
  if (!in.starts_with("</") || !in.ends_with('>')) return false;
  in = in.substr(2, in.size() - 3);
  if (!in.starts_with(name)) return false;
  in.remove_prefix(name.size());
  skip_space(in);
  return in.empty();
}

}  // namespace xml
