#include "protocols/sip/auth/digest_response.h"

#include "engine/base/check.h"
#include "engine/base/digest.h"
#include "engine/base/hexadecimal.h"

namespace sip {
namespace {

using base::Bytes;

// Quoted values go into the hash as what they mean.
std::string meaning(Bytes inside) {
  std::string plain;
  unquote(inside, plain);
  return plain;
}

std::string hash_of(DigestAlgorithm algorithm, std::initializer_list<Bytes> parts) {
  CHECK(algorithm != DigestAlgorithm::other);
  std::string text;
  for (const Bytes part : parts) text.append(text.empty() ? "" : ":").append(part);
  const bool md5 = algorithm == DigestAlgorithm::md5;
  return base::hexadecimal(
      base::hash(md5 ? base::HashKind::md5 : base::HashKind::sha256, text).view());
}

}  // namespace

std::string digest_key(DigestAlgorithm algorithm, Bytes username, Bytes realm, Bytes password) {
  CHECK(!username.empty());
  return hash_of(algorithm, {username, realm, password});
}

std::string digest_response(const DigestCredentials& credentials, Bytes key, Bytes method) {
  CHECK(!key.empty());
  const DigestAlgorithm algorithm = credentials.algorithm;
  const std::string what = hash_of(algorithm, {method, meaning(credentials.uri)});
  return hash_of(algorithm, {key, meaning(credentials.nonce), credentials.nonce_count_text,
                             meaning(credentials.cnonce), "auth", what});
}

bool proves(const DigestCredentials& credentials, Bytes key, Bytes method) {
  std::string given(credentials.response);
  for (char& c : given) c = lower(c);
  return base::equal_in_constant_time(given, digest_response(credentials, key, method));
}

}  // namespace sip
