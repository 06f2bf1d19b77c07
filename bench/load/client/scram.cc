#include "bench/load/client/scram.h"

#include "engine/base/base64.h"
#include "engine/base/number.h"

namespace load {

// The value of one attribute: "s=…" of "r=…,s=…,i=…".
static base::Bytes field(base::Bytes message, char name) {
  while (!message.empty()) {
    const size_t comma = std::min(message.find(','), message.size());
    if (comma >= 2 && message[0] == name && message[1] == '=') return message.substr(2, comma - 2);
    message.remove_prefix(std::min(comma + 1, message.size()));
  }
  return {};
}

std::string Scram::first(base::Bytes user, base::Random& random) {
  first_bare_ = "n=" + std::string(user) + ",r=";
  random.token(12, first_bare_);
  return "n,," + first_bare_;
}

std::string Scram::final(base::HashKind kind, base::Bytes password, base::Bytes challenge) {
  std::string salt;
  uint32_t iterations = 0;
  if (!base::base64_decode(field(challenge, 's'), salt) ||
      !base::parse_u32(field(challenge, 'i'), iterations) || iterations == 0) {
    return {};
  }
  const std::string key = salt + "," + std::to_string(iterations);
  if (key != salted_for_) {
    salted_ = base::pbkdf2(kind, password, salt, iterations);
    salted_for_ = key;
  }
  const base::Digest client_key = base::hmac(kind, salted_.view(), "Client Key");
  const base::Digest stored_key = base::hash(kind, client_key.view());
  std::string message = "c=biws,r=" + std::string(field(challenge, 'r'));
  const std::string all = first_bare_ + "," + std::string(challenge) + "," + message;
  std::string proof(base::hmac(kind, stored_key.view(), all).view());
  for (size_t i = 0; i < proof.size(); ++i) proof[i] ^= client_key.octets[i];
  const base::Digest server_key = base::hmac(kind, salted_.view(), "Server Key");
  signature_ = "v=";
  base::base64_encode(base::hmac(kind, server_key.view(), all).view(), signature_);
  message += ",p=";
  base::base64_encode(proof, message);
  return message;
}

bool Scram::accepts(base::Bytes server_final) const {
  return !signature_.empty() && server_final == signature_;
}

}  // namespace load
