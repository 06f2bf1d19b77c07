#include "protocols/xmpp/forwarded.h"

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/namespaces.h"

namespace xmpp {

void write_forwarded(const im::Stanza& message, base::Bytes account,
                     std::optional<base::WallTime> when, base::Sink& out) {
  CHECK(message.kind == im::StanzaKind::message);
  out += "<forwarded";
  xml::write_attribute("xmlns", ns::kForward, out);
  out += '>';
  if (when) {
    out += "<delay";
    xml::write_attribute("xmlns", ns::kDelay, out);
    out += " stamp='";
    // In full, so that a time taken from here finds this very message (XEP-0313 §4.1.2).
    base::format_datetime(*when, base::Fraction::microseconds, out);
    out += "'/>";
  }
  const size_t start = out.size();
  im::write(message, message.to, account, out);
  constexpr base::Bytes kOpen = "<message";
  CHECK(base::Bytes(out).substr(start).starts_with(kOpen));
  out.insert(start + kOpen.size(), " xmlns='jabber:client'");
  out += "</forwarded>";
}

}  // namespace xmpp
