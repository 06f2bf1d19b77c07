// What a device can do, as RFC 5196 §3.2 names it: the elements inside <servcaps/>, whose text says
// true or false.
// Constants and pure functions; any shard.
#pragma once

#include "protocols/im/presentity/report.h"
#include "protocols/xml/element.h"

namespace sip {

// Of the elements in `servcaps`, by their local names; those we have no bit for are passed over.
uint16_t read_capabilities(xml::Element servcaps);
// <c:audio>true</c:audio>… for each bit; `prefix` with its colon.
void write_capabilities(uint16_t capabilities, base::Bytes prefix, base::Sink& out);

}  // namespace sip
