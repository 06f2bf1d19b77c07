#include "protocols/xml/scan/tape.h"

#include "engine/base/check.h"
#include "protocols/xml/scan/characters.h"

namespace xml {

base::Bytes Tape::value(AttributeToken& attribute) {
  if (attribute.state == ValueState::as_written) {
    return source.substr(attribute.raw, attribute.raw_size);
  }
  if (attribute.state == ValueState::encoded) {
    if (scratch.empty()) scratch.reserve(source.size());
    const size_t from = scratch.size();
    base::Bytes raw = source.substr(attribute.raw, attribute.raw_size);
    while (!raw.empty()) {
      uint32_t size = 1;
      char32_t character = 0;
      Verdict verdict = Verdict::ok;
      if (raw[0] == '&') {
        size = parse_reference(raw, character, verdict);
        CHECK(size != 0);  // the scan has refused it otherwise
        append_utf8(character, scratch);
      } else {
        // A line end written as CR LF is one character (XML 1.0 §2.11).
        if (raw.starts_with("\r\n")) size = 2;
        scratch.push_back(is_space(raw[0]) ? ' ' : raw[0]);
      }
      raw.remove_prefix(size);
    }
    CHECK(scratch.size() <= source.size());  // so that it has not moved
    attribute.decoded = static_cast<uint32_t>(from);
    attribute.decoded_size = static_cast<uint32_t>(scratch.size() - from);
    attribute.state = ValueState::decoded;
  }
  return base::Bytes(scratch).substr(attribute.decoded, attribute.decoded_size);
}

}  // namespace xml
