// The client's half of SCRAM (RFC 5802, 7677) without channel binding. One object a client: it
// keeps the salted password from login to login, as clients do (RFC 5802 §5.1), while the server
// keeps the salt. One thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/random.h"

namespace load {

class Scram {
 public:
  // The client-first-message, not in base64.
  std::string first(base::Bytes user, base::Random& random);
  // The client-final-message, or "" if the challenge makes no sense.
  std::string final(base::HashKind kind, base::Bytes password, base::Bytes challenge);
  // Whether the server's last message proves that it knows the password too.
  bool accepts(base::Bytes server_final) const;

 private:
  std::string first_bare_;
  std::string signature_;   // base64, what the server must say
  std::string salted_for_;  // salt and iterations that salted_ belongs to
  base::Digest salted_;
};

}  // namespace load
