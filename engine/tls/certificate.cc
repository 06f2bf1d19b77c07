#include "engine/tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/obj.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/tls/context.h"

namespace engine {

static base::Error error(const std::string& file, const std::string& what) {
  ERR_clear_error();
  return {file + ": " + what};
}

static bssl::UniquePtr<BIO> open_file(const std::string& path) {
  return bssl::UniquePtr<BIO>(BIO_new_file(path.c_str(), "r"));
}

// The library would ask on the terminal for the passphrase of an encrypted key.
static int refuse_passphrase(char*, int, int, void*) { return 0; }

base::Result<std::vector<bssl::UniquePtr<X509>>> read_chain(const std::string& path) {
  const bssl::UniquePtr<BIO> file = open_file(path);
  if (!file) return error(path, "cannot be read; check that it exists and its permissions");
  std::vector<bssl::UniquePtr<X509>> chain;
  while (X509* one = PEM_read_bio_X509(file.get(), nullptr, refuse_passphrase, nullptr)) {
    chain.emplace_back(one);
  }
  const uint32_t last = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (chain.empty()) {
    return error(path, "holds no certificate; it must be PEM (-----BEGIN CERTIFICATE-----)");
  }
  if (!at_end) {
    return error(path, "certificate " + std::to_string(chain.size() + 1) +
                           " in the file is damaged; fetch the chain again");
  }
  ERR_clear_error();
  return chain;
}

static base::Result<bssl::UniquePtr<EVP_PKEY>> read_key(const std::string& path) {
  const bssl::UniquePtr<BIO> file = open_file(path);
  if (!file) return error(path, "cannot be read; check that it exists and its permissions");
  bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(file.get(), nullptr, refuse_passphrase, nullptr));
  if (!key) {
    return error(path,
                 "holds no usable private key; it must be PEM and not encrypted "
                 "(openssl pkey -in OLD -out NEW removes a passphrase)");
  }
  const int type = EVP_PKEY_id(key.get());
  if (type == EVP_PKEY_RSA && EVP_PKEY_bits(key.get()) < 2048) {
    return error(path, "RSA keys must have at least 2048 bits; make a new key");
  }
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC) {
    return error(path, "this kind of key is not supported; make a P-256 or RSA key");
  }
  return key;
}

base::WallTime wall_time(const ASN1_TIME* when) {
  const bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), when) != 1) return {};
  return {(int64_t{days} * 86400 + seconds) * 1000000};
}

// RFC 5929 §4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1,
// undefined where the signature algorithm does not name exactly one hash.
static std::string end_point_hash(const X509* leaf, base::Bytes der) {
  int digest_id = NID_undef;
  if (OBJ_find_sigid_algs(X509_get_signature_nid(leaf), &digest_id, nullptr) != 1 ||
      digest_id == NID_undef) {
    return {};
  }
  if (digest_id == NID_md5 || digest_id == NID_sha1) digest_id = NID_sha256;
  const EVP_MD* const algorithm = EVP_get_digestbynid(digest_id);
  uint8_t out[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (algorithm == nullptr ||
      EVP_Digest(der.data(), der.size(), out, &length, algorithm, nullptr) != 1) {
    return {};
  }
  CHECK(length > 0 && length <= sizeof out);
  return {reinterpret_cast<const char*>(out), length};
}

static std::string lower(base::Bytes text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

static std::vector<std::string> names_in(const X509* leaf) {
  std::vector<std::string> names;
  const bssl::UniquePtr<GENERAL_NAMES> found(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  const size_t count = found ? sk_GENERAL_NAME_num(found.get()) : 0;
  for (size_t i = 0; i < count; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(found.get(), i);
    if (name->type != GEN_DNS) continue;
    names.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  return names;
}

static void append_name(CertificateName::Kind kind, const ASN1_STRING* text,
                        std::vector<CertificateName>& out) {
  const base::Bytes name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<size_t>(ASN1_STRING_length(text)));
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (printable && !name.empty()) out.push_back({kind, std::string(name)});
}

std::vector<CertificateName> certificate_names(const X509* leaf) {
  using Kind = CertificateName::Kind;
  CHECK(leaf != nullptr);
  std::vector<CertificateName> names;
  int critical = -1;
  const bssl::UniquePtr<GENERAL_NAMES> found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, nullptr)));
  for (size_t i = 0; found && i < sk_GENERAL_NAME_num(found.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(found.get(), i);
    if (name->type == GEN_DNS) append_name(Kind::dns, name->d.dNSName, names);
    if (name->type == GEN_URI) append_name(Kind::uri, name->d.uniformResourceIdentifier, names);
  }
  // -1: there is no such extension. Only then the common name counts (RFC 5922 §7.1 step 2).
  if (critical != -1) return names;
  const X509_NAME* const subject = X509_get_subject_name(leaf);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    append_name(Kind::common_name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)),
                names);
  }
  return names;
}

std::string subject_of(const X509* leaf) {
  CHECK(leaf != nullptr);
  const bssl::UniquePtr<BIO> memory(BIO_new(BIO_s_mem()));
  const uint8_t* data = nullptr;
  size_t length = 0;
  if (!memory ||
      X509_NAME_print_ex(memory.get(), X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253) < 0 ||
      BIO_mem_contents(memory.get(), &data, &length) != 1) {
    return {};
  }
  return {reinterpret_cast<const char*>(data), length};
}

static base::Status fill_in(const std::vector<bssl::UniquePtr<X509>>& chain,
                            const std::string& path, ServerCertificate& out) {
  CHECK(!chain.empty() && out.chain.empty());
  for (const bssl::UniquePtr<X509>& one : chain) {
    uint8_t* der = nullptr;
    const int length = i2d_X509(one.get(), &der);
    if (length <= 0) return error(path, "cannot be encoded again");
    CHECK(der != nullptr);
    const bssl::UniquePtr<uint8_t> owner(der);
    out.chain.emplace_back(CRYPTO_BUFFER_new(der, static_cast<size_t>(length), nullptr));
    if (out.chain.size() > 1) continue;
    const base::Bytes view(reinterpret_cast<const char*>(der), static_cast<size_t>(length));
    SHA256(der, static_cast<size_t>(length), out.fingerprint.data());
    out.end_point = end_point_hash(one.get(), view);
  }
  CHECK(out.chain.size() == chain.size());
  return base::Status::ok();
}

base::Result<ServerCertificate> load_certificate(const TlsCertificateFiles& files,
                                                 base::WallTime now) {
  auto chain = read_chain(files.chain_file);
  if (!chain) return chain.error();
  auto key = read_key(files.key_file);
  if (!key) return key.error();
  X509* const leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    return error(files.key_file, "does not belong to the first certificate in " + files.chain_file +
                                     "; the file must start with the server's own certificate");
  }
  ServerCertificate out;
  out.expires = wall_time(X509_get0_notAfter(leaf));
  if (out.expires <= now) {
    return error(files.chain_file, "the certificate has expired; renew it and reload");
  }
  if (wall_time(X509_get0_notBefore(leaf)) > now) {
    return error(files.chain_file, "the certificate is not valid yet; check the system's clock");
  }
  if (base::Status done = fill_in(*chain, files.chain_file, out); !done) return done.error();
  for (const std::string& name : files.names) out.names.push_back(lower(name));
  if (out.names.empty()) out.names = names_in(leaf);
  out.key = std::move(*key);
  CHECK(!out.chain.empty() && out.key != nullptr);
  return out;
}

bool name_covers(base::Bytes pattern, base::Bytes server_name) {
  if (pattern == server_name) return true;
  if (!pattern.starts_with("*.")) return false;
  const size_t dot = server_name.find('.');
  // The wildcard stands for exactly one label (RFC 9525 §6.3), never for an empty one.
  return dot != base::Bytes::npos && dot > 0 && server_name.substr(dot) == pattern.substr(1);
}

}  // namespace engine
