// engine/base/digest.h on BoringSSL.
#include "engine/base/digest.h"

#include <openssl/digest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/mem.h>
#include <openssl/sha.h>

#include "engine/base/check.h"

namespace base {

static const uint8_t* octets(Bytes bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

static const EVP_MD* algorithm(HashKind kind) {
  if (kind == HashKind::md5) return EVP_md5();
  return kind == HashKind::sha1 ? EVP_sha1() : EVP_sha256();
}

static Digest empty_digest(HashKind kind) {
  Digest digest;
  static_assert(sizeof digest.octets >= SHA256_DIGEST_LENGTH);
  digest.length = static_cast<uint8_t>(digest_length(kind));
  CHECK(digest.length > 0 && digest.length <= digest.octets.size());
  return digest;
}

Digest hash(HashKind kind, Bytes data) {
  Digest digest = empty_digest(kind);
  auto* out = reinterpret_cast<uint8_t*>(digest.octets.data());
  if (kind == HashKind::md5) {
    MD5(octets(data), data.size(), out);
  } else if (kind == HashKind::sha1) {
    SHA1(octets(data), data.size(), out);
  } else {
    SHA256(octets(data), data.size(), out);
  }
  return digest;
}

RunningHash::RunningHash() {
  static_assert(sizeof state_ >= sizeof(SHA256_CTX) && alignof(SHA256_CTX) <= 8);
  SHA256_Init(reinterpret_cast<SHA256_CTX*>(state_.data()));
}

void RunningHash::add(Bytes piece) {
  SHA256_Update(reinterpret_cast<SHA256_CTX*>(state_.data()), piece.data(), piece.size());
}

Digest RunningHash::finish() {
  Digest digest = empty_digest(HashKind::sha256);
  auto* out = reinterpret_cast<uint8_t*>(digest.octets.data());
  CHECK(SHA256_Final(out, reinterpret_cast<SHA256_CTX*>(state_.data())) == 1);
  return digest;
}

Digest hmac(HashKind kind, Bytes key, Bytes data) {
  Digest digest = empty_digest(kind);
  unsigned length = 0;
  // A null key would mean "reuse the last one"; an empty key is legal and must not be null.
  const char* const key_octets = key.data() == nullptr ? "" : key.data();
  const uint8_t* const out =
      HMAC(algorithm(kind), key_octets, key.size(), octets(data), data.size(),
           reinterpret_cast<uint8_t*>(digest.octets.data()), &length);
  CHECK(out != nullptr && length == digest.length);
  return digest;
}

Digest pbkdf2(HashKind kind, Bytes password, Bytes salt, uint32_t iterations) {
  CHECK(iterations > 0);
  Digest digest = empty_digest(kind);
  const int done = PKCS5_PBKDF2_HMAC(password.data(), password.size(), octets(salt), salt.size(),
                                     iterations, algorithm(kind), digest.length,
                                     reinterpret_cast<uint8_t*>(digest.octets.data()));
  CHECK(done == 1);
  return digest;
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace base
