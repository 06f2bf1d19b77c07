// Addresses of one wire as the other has them (RFC 7247 §3): a bare JID is a SIP URI's user and
// host, a resource its gr parameter. Pure functions; any shard. Limits: those of JIDs and of
// messages.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "protocols/jid/jid.h"
#include "protocols/sip/message/uri.h"

namespace sip {

// Appends "sip:local@domain;gr=resource"; what is not there is left out.
void write_sip_uri(const jid::JidView& jid, base::Sink& out);

// `out` views `scratch`, which is cleared first. sip, pres and im only: what has another scheme
// (sips among them), no host, or a user that is no local part for its length or its characters, has
// no JID: false. Ports, passwords and other parameters are left out.
[[nodiscard]] bool parse_jid(const Uri& uri, std::string& scratch, jid::JidView& out);
// The JID, in full, of the user that a URI as it is written names.
[[nodiscard]] bool read_jid(base::Bytes uri_text, std::string& out);

}  // namespace sip
