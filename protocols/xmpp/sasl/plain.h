// SASL PLAIN (RFC 4616): the message's three parts. Verification is the store's (verify_password),
// because it costs a PBKDF2.
// Values; any shard.
#pragma once

#include "engine/base/bytes.h"

namespace xmpp::sasl {

struct Plain {
  base::Bytes authzid;   // views of the message
  base::Bytes authcid;
  base::Bytes password;
};

// False: not `[authzid] NUL authcid NUL password` with the last two not empty.
[[nodiscard]] bool parse_plain(base::Bytes message, Plain& out);

}  // namespace xmpp::sasl
