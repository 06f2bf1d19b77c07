#include "protocols/sip/identity.h"

#include <algorithm>

#include "protocols/sip/message/characters.h"
#include "protocols/sip/message/uri.h"

namespace sip {

using engine::CertificateName;

std::vector<std::string> sip_identities(std::span<const CertificateName> names) {
  std::vector<std::string> of_uris;
  std::vector<std::string> of_hosts;
  for (const CertificateName& one : names) {
    base::Bytes host = one.name;
    const bool is_uri = one.kind == CertificateName::Kind::uri;
    if (is_uri) {
      // §7.1 step 1: of other schemes, or with a user, it is no identity of a domain.
      Uri uri;
      if (!parse_uri(one.name, uri) || uri.scheme != Uri::Scheme::sip || uri.has_user) continue;
      host = uri.host;
    }
    auto& out = is_uri ? of_uris : of_hosts;
    out.emplace_back(host);
    std::transform(host.begin(), host.end(), out.back().begin(), lower);
  }
  return of_uris.empty() ? of_hosts : of_uris;
}

bool identifies(std::span<const CertificateName> names, const std::vector<std::string>& subjects) {
  const std::vector<std::string> found = sip_identities(names);
  return std::any_of(found.begin(), found.end(), [&](const std::string& one) {
    return std::find(subjects.begin(), subjects.end(), one) != subjects.end();
  });
}

}  // namespace sip
