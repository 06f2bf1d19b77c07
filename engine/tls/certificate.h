// Certificates as the server side of a handshake needs them: chain and key in the library's form,
// the server names they are good for, and the hash that SASL binds to.
// Internal to engine/tls (the only header besides ssl_session.h and policy.h that opens the crypto
// library). Immutable after load; read by every shard.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/seam/service.h"

namespace engine {

struct TlsCertificateFiles;

struct ServerCertificate {
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> chain;  // leaf first
  bssl::UniquePtr<EVP_PKEY> key;
  std::vector<std::string> names;         // lower case; "*.example.com" matches one label
  std::string end_point;                  // RFC 5929 §4.1; empty where that is undefined
  std::array<uint8_t, 32> fingerprint{};  // SHA-256 of the leaf
  base::WallTime expires;
};

// The certificates of a PEM file, at least one; an error if one of them is damaged.
base::Result<std::vector<bssl::UniquePtr<X509>>> read_chain(const std::string& path);

// Reads both files and checks them against each other and against the clock.
base::Result<ServerCertificate> load_certificate(const TlsCertificateFiles& files,
                                                 base::WallTime now);

// What a certificate vouches for, in the order it stands there. Names with other than printable
// ASCII are left out: whoever prints or compares them needs no escapes.
std::vector<CertificateName> certificate_names(const X509* leaf);
std::string subject_of(const X509* leaf);  // RFC 2253: "CN=gate.example.com,O=Example"

base::WallTime wall_time(const ASN1_TIME* when);  // 1970 for what is no time

// Does a certificate's name (maybe a wildcard) cover this server name? Both lower case.
bool name_covers(base::Bytes pattern, base::Bytes server_name);

}  // namespace engine
