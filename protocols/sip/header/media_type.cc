#include "protocols/sip/header/media_type.h"

#include <algorithm>

#include "engine/base/check.h"

namespace sip {
namespace {

// q=0, q=0.0 …
bool is_refused(const MediaType& range) {
  Parameter q;
  if (!find_parameter(range.parameters, "q", q)) return false;
  return !q.value.empty() && q.value.find_first_not_of("0.") == base::Bytes::npos;
}

}  // namespace

bool MediaType::is(base::Bytes name) const {
  const size_t slash = name.find('/');
  CHECK(slash != base::Bytes::npos);
  return equal_ignoring_case(type, name.substr(0, slash)) &&
         equal_ignoring_case(subtype, name.substr(slash + 1));
}

bool parse_media_type(base::Bytes value, MediaType& out) {
  out = MediaType();
  Reader reader(value);
  out.type = reader.token();
  if (out.type.empty() || !reader.take('/')) return false;
  out.subtype = reader.token();
  if (out.subtype.empty()) return false;
  const char* const from = reader.place();
  Parameter parameter;
  Step step;
  while ((step = reader.next_parameter(parameter)) == Step::one) {
  }
  out.parameters = reader.since(from);
  return step == Step::none && reader.done();
}

Read read_content_type(const Message& message, MediaType& out) {
  const HeaderField* field = message.find(HeaderId::content_type);
  if (field == nullptr) return Read::absent;
  return parse_media_type(message.value(*field), out) ? Read::ok : Read::malformed;
}

bool accepts(const Message& message, base::Bytes media_type, bool when_absent) {
  if (!message.has(HeaderId::accept)) return when_absent;
  const base::Bytes type = media_type.substr(0, media_type.find('/'));
  ListReader list(message, HeaderId::accept);
  base::Bytes element;
  // The most specific range decides (RFC 2616 §14.1).
  int best = 0;
  bool answer = false;
  while (list.next(element)) {
    MediaType range;
    if (!parse_media_type(element, range)) continue;
    int precision = 0;
    if (range.is(media_type)) {
      precision = 3;
    } else if (range.subtype == "*" && equal_ignoring_case(range.type, type)) {
      precision = 2;
    } else if (range.subtype == "*" && range.type == "*") {
      precision = 1;
    }
    if (precision <= best) continue;
    best = precision;
    answer = !is_refused(range);
  }
  return answer;
}

}  // namespace sip
