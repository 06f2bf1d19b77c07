// Which account of this node a SIP URI means. Besides the domains that are served, a peer may know
// the node by other names, its address say (Options::hosts): users there are the first domain's,
// but for user%40domain. A pure function; any shard. Limits: those of JIDs.
#pragma once

#include <string>

#include "protocols/im/realm.h"
#include "protocols/sip/message/uri.h"
#include "protocols/sip/options.h"

namespace sip {

// `out`: its JID, with a resource where the URI names one. False: no user, or none of this node.
[[nodiscard]] bool find_account(const Uri& uri, const im::Options& im, const Options& sip,
                                std::string& out);

}  // namespace sip
