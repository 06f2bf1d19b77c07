// What an XMPP contact is sent of a presence document (RFC 8048 §4.3, table 2). The other way,
// table 1, is im::ResourceReader and sip::PidfWriter. What is not in the RFC's tables follows the
// rules of composition (protocols/im/presentity). Pure functions; any shard. Views of what is
// handed in.
#pragma once

#include <cstdint>

#include "protocols/im/presentity/options.h"
#include "protocols/im/presentity/report.h"
#include "protocols/im/stanza.h"

namespace gateway {

struct XmppPresence {
  im::StanzaType type = im::StanzaType::unavailable;
  base::Bytes show;    // "" for none
  base::Bytes status;  // the person's note, or the tuple's, or what people call the state
  base::Bytes lang;    // of the status
  int8_t priority = 0;
  bool has_priority = false;
};

// Of one of the document's tuples: activities are those of the person and of this tuple. Closed is
// unavailable, whatever else is said; open is available, whatever else is said (both are MUST);
// where nobody says, the activities decide.
XmppPresence to_xmpp(const im::Report& document, const im::ReportTuple& tuple,
                     const im::PresentityOptions& options);
// <show/><status/><priority/>, as far as there are any: a stanza's payload.
void write_payload(const XmppPresence& presence, base::Sink& out);

// The XMPP priority that became these thousandths; others become the next higher one.
int8_t priority_of(uint16_t thousandths);

}  // namespace gateway
