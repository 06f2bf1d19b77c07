#include "protocols/sip/account.h"

#include <algorithm>

#include "engine/base/check.h"
#include "protocols/sip/address.h"

namespace sip {

bool find_account(const Uri& uri, const im::Options& im, const Options& sip, std::string& out) {
  CHECK(!im.domains.empty());
  std::string scratch;
  jid::JidView jid;
  if (!parse_jid(uri, scratch, jid) || !jid.has_local()) return false;
  const bool known_by_another_name =
      std::find(sip.hosts.begin(), sip.hosts.end(), jid.domain()) != sip.hosts.end();
  if (!known_by_another_name) {
    out = jid.full();
    return im.hosts(jid.domain());
  }
  // Where a redirection has sent somebody (service_nodes.cc), a user of another domain is named
  // whole.
  const size_t at = jid.local().rfind("\\40");
  if (at != base::Bytes::npos && at > 0 && im.hosts(jid.local().substr(at + 3))) {
    out.assign(jid.local().substr(0, at)).append("@").append(jid.local().substr(at + 3));
  } else {
    out.assign(jid.local()).append("@").append(im.domains.front());
  }
  if (jid.has_resource()) out.append("/").append(jid.resource());
  return true;
}

}  // namespace sip
