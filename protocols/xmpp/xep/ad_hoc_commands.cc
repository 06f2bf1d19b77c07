// XEP-0050: Ad-Hoc Commands. The frame only: the list of commands can be discovered and is empty
// for ordinary users; whatever is executed does not exist.
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "http://jabber.org/protocol/commands";

void answer_command(Request& request) {
  if (request.payload.attribute("node").empty()) {
    return request.error(im::ErrorCondition::bad_request);
  }
  request.error(im::ErrorCondition::item_not_found);  // §4.4
}

bool write_info(const Options&, base::Bytes node, base::Sink& out) {
  if (node != kNamespace) return false;
  out +=
      "<identity category='automation' type='command-list'/>"
      "<feature var='http://jabber.org/protocol/commands'/>"
      "<feature var='http://jabber.org/protocol/disco#info'/>"
      "<feature var='http://jabber.org/protocol/disco#items'/>";
  return true;
}

bool write_items(const Options&, base::Bytes node, base::Sink&) { return node == kNamespace; }

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::set, static_cast<uint8_t>(To::host), "command", kNamespace, answer_command}};

}  // namespace

constinit const Feature ad_hoc_commands{.xep = 50,
                                        .title = "Ad-Hoc Commands",
                                        .version = "1.3.0",
                                        .status = Status::partial,
                                        .note = "the frame; there are no commands yet",
                                        .disco = kDisco,
                                        .hooks = kHooks,
                                        .node_info = write_info,
                                        .node_items = write_items};

}  // namespace xmpp::xep
