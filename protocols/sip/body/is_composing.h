// Typing notices (application/im-iscomposing+xml, RFC 3994). How long one is good for is not read:
// whoever shows it has a limit of his own.
// One reader a shard; the writer is a pure function, any shard. Errors: a BodyFault.
#pragma once

#include "engine/base/bytes.h"
#include "protocols/sip/body/xml_body.h"

namespace sip {

constexpr base::Bytes kIsComposing = "application/im-iscomposing+xml";
constexpr uint32_t kIsComposingBytesMax = 2048;

class IsComposingReader {
 public:
  // `active`: he is typing. A state that we do not know is idle (§3.2).
  [[nodiscard]] BodyFault read(base::Bytes body, bool& active);

 private:
  XmlBody body_;
};

void write_is_composing(bool active, base::Sink& out);

}  // namespace sip
