#include "protocols/sip/header/reader.h"

#include <cstring>

#include "engine/base/check.h"

namespace sip {

bool Reader::quoted_string(base::Bytes& inside) {
  CHECK(at('"'));
  const char* const from = ++at_;
  while (at_ != end_ && *at_ != '"') {
    // RFC 3261 §25.1: behind a backslash anything may stand but a line's end.
    if (*at_ == '\\') {
      ++at_;
      if (at_ == end_ || *at_ == '\r' || *at_ == '\n') return false;
    }
    ++at_;
  }
  if (at_ == end_) return false;
  inside = since(from);
  ++at_;
  return true;
}

bool Reader::take_until(char c, base::Bytes& out) {
  const char* const from = at_;
  const void* const found = std::memchr(at_, c, static_cast<size_t>(end_ - at_));
  if (found == nullptr) return false;
  at_ = static_cast<const char*>(found);
  out = since(from);
  ++at_;
  return true;
}

bool Reader::parameter(Parameter& out) {
  out = Parameter();
  out.name = token();
  if (out.name.empty()) return false;
  if (!take('=')) return true;
  out.has_value = true;
  if (at('"')) {
    out.quoted = true;
    return quoted_string(out.value);
  }
  out.value = run(kParameterValue);
  return !out.value.empty();
}

Step Reader::next_parameter(Parameter& out) {
  if (!take(';')) return Step::none;
  return parameter(out) ? Step::one : Step::malformed;
}

bool find_parameter(base::Bytes text, base::Bytes name, Parameter& out) {
  Reader reader(text);
  while (reader.next_parameter(out) == Step::one) {
    if (out.is(name)) return true;
  }
  return false;
}

void unquote(base::Bytes inside, base::Sink& out) {
  bool fold = false;
  for (size_t i = 0; i < inside.size(); ++i) {
    char c = inside[i];
    if (c == '\r' || c == '\n') {
      fold = true;
      continue;
    }
    if (fold) {
      if (is(kSpace, c)) continue;
      out.push_back(' ');
      fold = false;
    }
    if (c == '\\' && i + 1 < inside.size()) c = inside[++i];
    out.push_back(c);
  }
}

void quote(base::Bytes text, base::Sink& out) {
  out.push_back('"');
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(octet < 0x20 || octet == 0x7f ? ' ' : c);
  }
  out.push_back('"');
}

}  // namespace sip
