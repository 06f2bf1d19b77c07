// Where a certificate is: what TLS contexts of both sides are made from.
// A plain value.
#pragma once

#include <string>
#include <vector>

namespace engine {

struct TlsCertificateFiles {
  std::string chain_file;  // PEM, leaf first, then intermediates
  std::string key_file;    // PEM, not encrypted; P-256, P-384 or RSA of 2048 bits or more
  // Server names it is chosen for; "*.example.com" covers one label. Empty: the DNS names in it.
  std::vector<std::string> names;
};

}  // namespace engine
