// XEP-0199: XMPP Ping. Clients use it to learn whether the stream still lives; we only answer. The
// session pings clients that fall silent on its own account.
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "urn:xmpp:ping";

void answer(Request& request) { request.result(); }

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {{IqKind::get, To::host | To::self, "ping", kNamespace, answer}};

}  // namespace

constinit const Feature ping{.xep = 199,
                             .title = "XMPP Ping",
                             .version = "2.0.1",
                             .disco = kDisco,
                             .disco_account = kDisco,
                             .hooks = kHooks};

}  // namespace xmpp::xep
