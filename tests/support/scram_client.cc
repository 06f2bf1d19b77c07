#include "tests/support/scram_client.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/base64.h"
#include "engine/base/digest.h"

namespace tests {

std::string scram_client_first(base::Bytes user, base::Random& random, std::string& bare) {
  bare = "n=" + std::string(user) + ",r=";
  random.token(12, bare);
  return "n,," + bare;
}

static std::string field(base::Bytes message, char name) {
  for (size_t at = 0; at < message.size();) {
    const size_t end = std::min(message.find(',', at), message.size());
    if (message[at] == name && at + 1 < end && message[at + 1] == '=') {
      return std::string(message.substr(at + 2, end - at - 2));
    }
    at = end + 1;
  }
  return {};
}

static const base::Digest& salted_password(base::Bytes password, base::Bytes salt,
                                           uint32_t iterations) {
  static std::string remembered_for;
  static base::Digest remembered;
  std::string wanted(password);
  wanted.append(1, '\0').append(salt).append(1, '\0').append(std::to_string(iterations));
  if (wanted != remembered_for) {
    remembered = base::pbkdf2(base::HashKind::sha256, password, salt, iterations);
    remembered_for = wanted;
  }
  return remembered;
}

std::string scram_client_final(base::Bytes challenge, base::Bytes first_bare, base::Bytes password,
                               std::string& server_signature) {
  std::string salt;
  if (!base::base64_decode(field(challenge, 's'), salt)) return {};
  const auto iterations = static_cast<uint32_t>(std::atoi(field(challenge, 'i').c_str()));
  const auto kind = base::HashKind::sha256;
  const base::Digest& salted = salted_password(password, salt, iterations);
  const base::Digest client_key = base::hmac(kind, salted.view(), "Client Key");
  const base::Digest stored_key = base::hash(kind, client_key.view());
  const std::string without_proof = "c=biws,r=" + field(challenge, 'r');
  const std::string auth =
      std::string(first_bare) + "," + std::string(challenge) + "," + without_proof;
  std::string proof(base::hmac(kind, stored_key.view(), auth).view());
  for (size_t i = 0; i < proof.size(); ++i) proof[i] ^= client_key.octets[i];
  const base::Digest server_key = base::hmac(kind, salted.view(), "Server Key");
  server_signature.clear();
  base::base64_encode(base::hmac(kind, server_key.view(), auth).view(), server_signature);
  std::string message = without_proof + ",p=";
  base::base64_encode(proof, message);
  return message;
}

}  // namespace tests
