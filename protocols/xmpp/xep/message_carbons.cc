// XEP-0280: Message Carbons. Here a client turns its copies on and off; which messages are copied
// (§6) the wire reads off the content (im::Facts), and the realm makes the copies.
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "urn:xmpp:carbons:2";

template <bool kOn>
void answer(Request& request) {
  im::Resource* resource = asking_resource(request);
  if (resource == nullptr) return request.error(im::ErrorCondition::unexpected_request);
  resource->carbons = kOn;
  request.result();
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::set, static_cast<uint8_t>(To::self), "enable", kNamespace, answer<true>},
    {IqKind::set, static_cast<uint8_t>(To::self), "disable", kNamespace, answer<false>},
};

}  // namespace

constinit const Feature message_carbons{
    .xep = 280, .title = "Message Carbons", .version = "1.0.1", .disco = kDisco, .hooks = kHooks};

}  // namespace xmpp::xep
