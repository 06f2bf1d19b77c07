// URIs as SIP carries them: sip, sips (RFC 3261 §19.1), tel (RFC 3966), pres and im (RFC 3859,
// 3860); any other is known by its scheme alone. Views into the text; nothing is decoded until
// somebody asks. Comparison is §19.1.4's, the canonical address of record §10.3's.
// Values and pure functions; any shard. Limits: the message's. Errors: a bool, false for malformed.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

struct Uri {
  enum class Scheme : uint8_t { other, sip, sips, tel, pres, im };

  Scheme scheme = Scheme::other;
  bool has_user = false;      // "sip:@host" is malformed, so user is not empty then
  bool has_password = false;  // may be empty
  uint16_t port = 0;          // 0: none given
  base::Bytes text;           // all of it
  base::Bytes scheme_name;    // as written
  base::Bytes user;           // escapes kept; of tel: the number as written
  base::Bytes password;
  base::Bytes host;        // IPv6 with its brackets; empty for tel and other
  base::Bytes parameters;  // behind the first ';', without it
  base::Bytes headers;     // behind '?', without it

  bool is_sip() const { return scheme == Scheme::sip || scheme == Scheme::sips; }
};

[[nodiscard]] bool parse_uri(base::Bytes text, Uri& out);

// The value of a parameter, names compared without regard to case; `found`: it is there at all
// ("lr" has no value).
base::Bytes uri_parameter(const Uri& uri, base::Bytes name, bool& found);
inline bool has_uri_parameter(const Uri& uri, base::Bytes name) {
  bool found = false;
  uri_parameter(uri, name, found);
  return found;
}
// Takes one parameter (or, with '&', one header) off the front of `rest`; false: no more.
bool next_uri_parameter(base::Bytes& rest, base::Bytes& name, base::Bytes& value,
                        char separator = ';');

// RFC 3261 §19.1.4. Not transitive: a parameter that only one of them has does not count.
bool equal_uris(const Uri& a, const Uri& b);

// Escapes decoded; NUL and the like come out as they are. False: a malformed escape.
bool unescape(base::Bytes text, base::Sink& out);
// Escapes all that may not stand in a user part (§25.1).
void escape_user(base::Bytes text, base::Sink& out);

// "user@host": user with escapes decoded, host in lower case, without password, port, parameters
// and headers (§10.3 step 5); "host" where there is no user; for tel the digits without visual
// separators (RFC 3966 §5.1.1), '+' kept. pres, im, sip and sips of one user are one address.
// False: nothing of the kind can be made of it (another scheme).
bool append_address_of_record(const Uri& uri, base::Sink& out);

}  // namespace sip
