// Session establishment: a leftover of RFC 3921 that does nothing, which older clients insist on
// (advertised as optional), and resource binding asked for a second time.
#include "protocols/xmpp/core_features.h"
#include "protocols/xmpp/namespaces.h"

namespace xmpp::core {

namespace {

void establish(Request& request) { request.result(); }

// RFC 6120 §7.1 allows one resource a stream.
void bind_again(Request& request) { request.error(im::ErrorCondition::not_allowed); }

constexpr Hook kHooks[] = {
    {IqKind::set, To::host | To::self, "session", ns::kSession, establish},
    {IqKind::set, To::host | To::self, "bind", ns::kBind, bind_again},
};

}  // namespace

constinit const Feature session_establishment{.xep = 0,
                                              .title = "Session establishment (RFC 3921 §3)",
                                              .version = "2004",
                                              .note = "answered, without effect",
                                              .hooks = kHooks};

}  // namespace xmpp::core
