#include "engine/tls/self_signed.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/tls/certificate.h"

namespace engine {

static base::Error library_error(const char* doing) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  base::Error error{std::string("making a self-signed certificate failed at ") + doing + ": " +
                    (reason == nullptr ? "unknown reason" : reason)};
  ERR_clear_error();
  return error;
}

static bssl::UniquePtr<EVP_PKEY> make_key() {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (!ec || !key || EC_KEY_generate_key(ec.get()) != 1 ||
      EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) != 1) {
    return nullptr;
  }
  return key;
}

static bool set_serial(X509* certificate) {
  uint8_t octets[16];
  if (RAND_bytes(octets, sizeof octets) != 1) return false;
  octets[0] = static_cast<uint8_t>((octets[0] & 0x7f) | 0x40);  // positive (RFC 5280 §4.1.2.2)
  const bssl::UniquePtr<BIGNUM> number(BN_bin2bn(octets, sizeof octets, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

static bool set_validity(X509* certificate, base::WallTime now, uint32_t days) {
  const int64_t from = now.seconds() - 3600;
  const int64_t to = now.seconds() + int64_t{days} * 86400;
  CHECK(from < to);
  return ASN1_TIME_adj(X509_getm_notBefore(certificate), from, 0, 0) != nullptr &&
         ASN1_TIME_adj(X509_getm_notAfter(certificate), to, 0, 0) != nullptr;
}

// Issuer and subject are the same: the first name.
static bool set_subject(X509* certificate, const std::string& name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  // A common name holds 64 characters at most; the names that count are the alternative ones.
  return X509_NAME_add_entry_by_txt(
             subject, "CN", MBSTRING_ASC, reinterpret_cast<const uint8_t*>(name.data()),
             static_cast<int>(name.size() > 64 ? 64 : name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

static bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, id, const_cast<char*>(value.c_str())));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

static bool set_alternative_names(X509* certificate, const std::vector<std::string>& names) {
  const bssl::UniquePtr<GENERAL_NAMES> all(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    bssl::UniquePtr<GENERAL_NAME> one(GENERAL_NAME_new());
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    if (!all || !one || text == nullptr) return false;
    GENERAL_NAME_set0_value(one.get(), GEN_DNS, text);
    if (ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) != 1 ||
        !bssl::PushToStack(all.get(), std::move(one))) {
      return false;
    }
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, 0) == 1;
}

static bssl::UniquePtr<X509> make_certificate(const std::vector<std::string>& names,
                                              base::WallTime now, uint32_t days, EVP_PKEY* key) {
  CHECK(!names.empty() && key != nullptr);
  bssl::UniquePtr<X509> certificate(X509_new());
  X509* const c = certificate.get();
  const bool made = c != nullptr && X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) &&
                    set_validity(c, now, days) && set_subject(c, names.front()) &&
                    X509_set_pubkey(c, key) == 1 && set_alternative_names(c, names) &&
                    add_extension(c, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(c, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(c, NID_ext_key_usage, "serverAuth") &&
                    add_extension(c, NID_subject_key_identifier, "hash") &&
                    X509_sign(c, key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

static base::Error file_error(const std::string& path, const char* doing) {
  return {path + ": cannot be " + doing + ": " + std::strerror(errno)};
}

// Whole or not at all: a new file beside it, synced, then renamed over it.
static base::Status replace_file(const std::string& path, base::Bytes content, mode_t mode) {
  CHECK(!content.empty());
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return file_error(temporary, "created");
  const ssize_t written = ::write(fd, content.data(), content.size());
  const bool stored = written == static_cast<ssize_t>(content.size()) && ::fchmod(fd, mode) == 0 &&
                      ::fsync(fd) == 0;
  const bool closed = ::close(fd) == 0;
  if (!stored || !closed) {
    base::Error error = file_error(temporary, "written");
    ::unlink(temporary.c_str());
    return error;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return file_error(path, "replaced");
  return base::Status::ok();
}

static std::string taken(BIO* memory) {
  const uint8_t* data = nullptr;
  size_t length = 0;
  CHECK(BIO_mem_contents(memory, &data, &length) == 1);
  CHECK(length > 0);
  return {reinterpret_cast<const char*>(data), length};
}

base::Status make_self_signed(const std::vector<std::string>& names, base::WallTime now,
                              uint32_t days, const std::string& chain_file,
                              const std::string& key_file) {
  CHECK(!names.empty() && days > 0);
  const bssl::UniquePtr<EVP_PKEY> key = make_key();
  if (!key) return library_error("the key");
  const bssl::UniquePtr<X509> certificate = make_certificate(names, now, days, key.get());
  if (!certificate) return library_error("the certificate");
  const bssl::UniquePtr<BIO> key_text(BIO_new(BIO_s_mem()));
  const bssl::UniquePtr<BIO> chain_text(BIO_new(BIO_s_mem()));
  if (!key_text || !chain_text ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(chain_text.get(), certificate.get()) != 1) {
    return library_error("encoding");
  }
  // A stop between the two files must not leave an old certificate beside a new key.
  if (::unlink(chain_file.c_str()) != 0 && errno != ENOENT) {
    return file_error(chain_file, "removed");
  }
  std::string secret = taken(key_text.get());
  base::Status done = replace_file(key_file, secret, 0600);
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!done) return done;
  return replace_file(chain_file, taken(chain_text.get()), 0644);
}

std::optional<base::WallTime> self_signed_expiry(const std::string& chain_file) {
  const auto chain = read_chain(chain_file);
  if (!chain) return std::nullopt;
  const X509* const leaf = chain->front().get();
  const bool own = X509_NAME_cmp(X509_get_issuer_name(leaf), X509_get_subject_name(leaf)) == 0;
  if (!own) return std::nullopt;
  return wall_time(X509_get0_notAfter(leaf));
}

}  // namespace engine
