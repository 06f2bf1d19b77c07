// Digest credentials and challenges (RFC 3261 §20.7, §20.44, §22.4; RFC 7616, RFC 8760):
// Authorization, Proxy-Authorization, WWW-Authenticate, Proxy-Authenticate, Authentication-Info.
// Only their form: nothing is computed here.
// Views into the value; quoted ones are insides, with their escapes (unquote() takes them out).
// Any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

enum class DigestAlgorithm : uint8_t { md5, sha256, other };  // -sess variants are `other`
base::Bytes wire_name(DigestAlgorithm algorithm);             // not of other

struct DigestCredentials {
  DigestAlgorithm algorithm = DigestAlgorithm::md5;  // what none given means (RFC 7616 §3.3)
  bool has_nonce_count = false;
  uint32_t nonce_count = 0;
  base::Bytes username;
  base::Bytes realm;
  base::Bytes nonce;
  base::Bytes uri;
  base::Bytes response;
  base::Bytes cnonce;
  base::Bytes opaque;
  base::Bytes qop;               // "auth", "auth-int"; empty: none (RFC 2069)
  base::Bytes nonce_count_text;  // the eight digits, as they go into the hash
};

struct DigestChallenge {
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
  bool stale = false;
  bool offers_auth = false;  // qop-options name "auth"
  base::Bytes realm;
  base::Bytes nonce;
  base::Bytes opaque;
};

// absent: another scheme than Digest, which is as good as no credentials (RFC 4475 §3.3.7).
Read parse_credentials(base::Bytes value, DigestCredentials& out);
Read parse_challenge(base::Bytes value, DigestChallenge& out);

// The first of the message's lines of this id that has Digest for this realm (as unquoted text).
Read read_credentials(const Message& message, HeaderId id, base::Bytes realm,
                      DigestCredentials& out);

}  // namespace sip
