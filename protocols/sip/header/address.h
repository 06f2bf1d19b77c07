// name-addr and addr-spec with parameters: From, To, Contact, Route, Record-Route, Refer-To,
// P-Asserted-Identity and the like (RFC 3261 §20.10, §20.20, §20.30, §20.34, §20.39).
// Views into the value; any shard. A bare addr-spec has no URI parameters of its own: what follows
// it belongs to the header (§20).
#pragma once

#include "engine/base/bytes.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

struct Address {
  base::Bytes display_name;  // inside of the quotes with its escapes, or tokens as written
  base::Bytes uri;           // parse_uri() takes it apart; its scheme is well-formed
  base::Bytes parameters;    // well-formed, from the first ';' on
  base::Bytes tag;           // of From and To; empty: none
  bool display_quoted = false;
  bool bracketed = false;
};

// One address, and nothing behind it.
[[nodiscard]] bool parse_address(base::Bytes value, Address& out);

Read read_from(const Message& message, Address& out);
Read read_to(const Message& message, Address& out);

// The name for people: without escapes and folds.
void append_display_name(const Address& address, base::Sink& out);

// Contact (§20.10). Star: "*", which only REGISTER may use.
struct Contact {
  Address address;
  bool star = false;
  bool has_expires = false;
  uint32_t expires = 0;  // seconds; what is malformed or too large counts as not given (§10.3)
  uint16_t q = 1000;     // thousandths
};
[[nodiscard]] bool parse_contact(base::Bytes element, Contact& out);
// The one contact of a request that makes or refreshes a dialog (§8.1.1.8): exactly one, no star.
Read read_only_contact(const Message& message, Contact& out);

// Each element of Route, Record-Route, Path: `Read::absent` at the end.
Read next_address(ListReader& list, Address& out);

}  // namespace sip
