// Which SIP domains a certificate speaks for (RFC 5922 §7): what trunk peers are known by where TLS
// says who they are.
// Pure functions; any shard.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/seam/service.h"

namespace sip {

// §7.1, in lower case: URIs "sip:domain"; DNS names only where there is none of those. A common
// name is among `names` only where a certificate has no alternative ones.
std::vector<std::string> sip_identities(std::span<const engine::CertificateName> names);

// §7.2: whole names only, no wildcards, whatever the case. `subjects` in lower case.
bool identifies(std::span<const engine::CertificateName> names,
                const std::vector<std::string>& subjects);

}  // namespace sip
