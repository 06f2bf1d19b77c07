// What digest credentials are held against (RFC 7616 §3.4, RFC 8760): from HA1, which is as good as
// the password for this realm, to the response that proves it. Pure functions; any thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "protocols/sip/header/digest.h"

namespace sip {

// HA1, as the digits that go into the next hash. Not of DigestAlgorithm::other.
std::string digest_key(DigestAlgorithm algorithm, base::Bytes username, base::Bytes realm,
                       base::Bytes password);

// The response to these credentials' nonce, of a request with qop "auth".
std::string digest_response(const DigestCredentials& credentials, base::Bytes key,
                            base::Bytes method);

// Time does not depend on what is in the response.
[[nodiscard]] bool proves(const DigestCredentials& credentials, base::Bytes key,
                          base::Bytes method);

}  // namespace sip
