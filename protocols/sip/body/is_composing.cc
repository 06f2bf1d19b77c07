#include "protocols/sip/body/is_composing.h"

namespace sip {

BodyFault IsComposingReader::read(base::Bytes body, bool& active) {
  const BodyFault fault = body_.parse(body, "isComposing", kIsComposingBytesMax);
  if (fault != BodyFault::none) return fault;
  const xml::Element state = child(body_.root(), "state");
  active = state && same_word(state.text(), "active");
  return BodyFault::none;
}

// The content type is that of what is being typed (§3.3).
void write_is_composing(bool active, base::Sink& out) {
  out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
  out.append("<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>");
  out.append(active ? "active" : "idle");
  out.append("</state><contenttype>text/plain</contenttype></isComposing>\r\n");
}

}  // namespace sip
