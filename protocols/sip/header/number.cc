#include "protocols/sip/header/number.h"

#include "engine/base/number.h"

namespace sip {

bool parse_cseq(base::Bytes value, CSeq& out) {
  Reader reader(value);
  const base::Bytes digits = reader.run(kDigit);
  if (!base::parse_u32(digits, out.number) || out.number > kCSeqMax) return false;
  const char* const behind = reader.place();
  reader.skip_space();
  if (reader.place() == behind) return false;
  out.method_name = reader.token();
  out.method = find_method(out.method_name);
  return !out.method_name.empty() && reader.done();
}

Read read_cseq(const Message& message, CSeq& out) {
  const HeaderField* field = message.find(HeaderId::cseq);
  if (field == nullptr) return Read::absent;
  return parse_cseq(message.value(*field), out) ? Read::ok : Read::malformed;
}

Read read_number(const Message& message, HeaderId id, uint32_t max, uint32_t& out) {
  const HeaderField* field = message.find(id);
  if (field == nullptr) return Read::absent;
  return base::parse_u32(message.value(*field), out) && out <= max ? Read::ok : Read::malformed;
}

Read read_retry_after(const Message& message, uint32_t& seconds) {
  const HeaderField* field = message.find(HeaderId::retry_after);
  if (field == nullptr) return Read::absent;
  Reader reader(message.value(*field));
  const base::Bytes digits = reader.run(kDigit);
  if (!base::parse_u32(digits, seconds)) return Read::malformed;
  reader.skip_space();
  return reader.done() || reader.at('(') || reader.at(';') ? Read::ok : Read::malformed;
}

}  // namespace sip
