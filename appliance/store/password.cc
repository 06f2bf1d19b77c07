#include "appliance/store/password.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/digest.h"
#include "engine/trace/counters.h"
#include "protocols/jid/jid.h"
#include "protocols/sip/auth/digest_response.h"

namespace store {

static constexpr size_t kSaltOctets = 16;

void wipe(std::string& secret) {
  explicit_bzero(secret.data(), secret.size());
  secret.clear();
}

static base::Digest stretch(base::HashKind kind, base::Bytes password, base::Bytes salt,
                            uint32_t iterations) {
  trace::count(trace::Counter::passwords_stretched);
  return base::pbkdf2(kind, password, salt, iterations);
}

static base::Digest stored_key_of(base::HashKind kind, const base::Digest& salted) {
  return base::hash(kind, base::hmac(kind, salted.view(), "Client Key").view());
}

static im::ScramKeys derive(base::HashKind kind, base::Bytes password, uint32_t iterations,
                            base::Random& random) {
  im::ScramKeys keys;
  keys.salt.resize(kSaltOctets);
  random.fill(keys.salt.data(), keys.salt.size());
  keys.iterations = iterations;
  const base::Digest salted = stretch(kind, password, keys.salt, iterations);
  keys.stored_key = stored_key_of(kind, salted).view();
  keys.server_key = base::hmac(kind, salted.view(), "Server Key").view();
  return keys;
}

bool derive_credentials(base::Bytes password, uint32_t iterations, base::Random& random,
                        im::Credentials& out) {
  std::string prepared;
  if (!jid::prepare_password(password, prepared)) return false;
  out.sha1 = derive(base::HashKind::sha1, prepared, iterations, random);
  out.sha256 = derive(base::HashKind::sha256, prepared, iterations, random);
  wipe(prepared);
  return true;
}

void derive_digest_keys(base::Bytes bare_jid, base::Bytes password, bool md5, im::DigestKeys& out) {
  const jid::JidView jid = jid::JidView::trusted(bare_jid);
  std::string prepared;
  CHECK(jid.has_local() && jid::prepare_password(password, prepared));
  const auto key = [&](sip::DigestAlgorithm algorithm) {
    return sip::digest_key(algorithm, jid.local(), jid.domain(), prepared);
  };
  out.sha256 = key(sip::DigestAlgorithm::sha256);
  if (md5) out.md5 = key(sip::DigestAlgorithm::md5);
  wipe(prepared);
}

bool password_matches(base::Bytes password, const im::Credentials* credentials,
                      uint32_t iterations_if_unknown) {
  static constexpr base::HashKind kKind = base::HashKind::sha256;
  std::string prepared;
  const bool allowed = jid::prepare_password(password, prepared);
  const std::string no_salt(kSaltOctets, '\0');
  const bool known = credentials != nullptr && credentials->sha256.iterations > 0;
  const base::Digest salted =
      stretch(kKind, prepared, known ? base::Bytes(credentials->sha256.salt) : no_salt,
              known ? credentials->sha256.iterations : iterations_if_unknown);
  wipe(prepared);
  const base::Digest stored = stored_key_of(kKind, salted);
  const bool equal =
      base::equal_in_constant_time(stored.view(), known ? credentials->sha256.stored_key : no_salt);
  return allowed && known && equal;
}

}  // namespace store
