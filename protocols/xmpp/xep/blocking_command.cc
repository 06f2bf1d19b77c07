// XEP-0191: Blocking Command. Requests are checked here; the list, its pushes and its effects on
// presence and routing (§3.3 to §3.5) are the realm's.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "urn:xmpp:blocking";

void answer_list(Request& request) {
  std::string out = "<blocklist xmlns='urn:xmpp:blocking'>";
  for (const std::string& jid : request.user->blocked) {
    out += "<item";
    xml::write_attribute("jid", jid, out);
    out += "/>";
  }
  out += "</blocklist>";
  // Whoever has seen the list is told of its changes (§3.3, §3.4).
  if (im::Resource* resource = asking_resource(request)) resource->blocking = true;
  request.result(out);
}

// The JIDs of the items, normalised, each once. False: the request has been answered with an error.
bool read_items(Request& request, std::vector<std::string>& jids) {
  std::string scratch;
  for (xml::Element item = request.payload.first_child(); item; item = item.next_sibling()) {
    if (!item.is("item", kNamespace) || !item.has_attribute("jid")) {
      request.error(im::ErrorCondition::bad_request);
      return false;
    }
    jid::JidView jid;
    if (!jid::parse(item.attribute("jid"), scratch, jid)) {
      request.error(im::ErrorCondition::jid_malformed);
      return false;
    }
    std::string text(jid.full());
    if (std::find(jids.begin(), jids.end(), text) == jids.end()) jids.push_back(std::move(text));
  }
  return true;
}

void answer_block(Request& request) {
  std::vector<std::string> jids;
  if (!read_items(request, jids)) return;
  if (jids.empty()) return request.error(im::ErrorCondition::bad_request);  // §3.3
  im::Resource* resource = asking_resource(request);
  if (resource == nullptr) return request.error(im::ErrorCondition::unexpected_request);
  const ReplyAddress reply = request.later();
  request.realm.block(*resource, jids, reply.id, request.turn);
}

void answer_unblock(Request& request) {
  std::vector<std::string> jids;  // none: everybody (§3.5)
  if (!read_items(request, jids)) return;
  im::Resource* resource = asking_resource(request);
  if (resource == nullptr) return request.error(im::ErrorCondition::unexpected_request);
  const ReplyAddress reply = request.later();
  request.realm.unblock(*resource, jids, reply.id, request.turn);
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr uint8_t kSelf = static_cast<uint8_t>(To::self);
constexpr Hook kHooks[] = {
    {IqKind::get, kSelf, "blocklist", kNamespace, answer_list},
    {IqKind::set, kSelf, "block", kNamespace, answer_block},
    {IqKind::set, kSelf, "unblock", kNamespace, answer_unblock},
};

}  // namespace

constinit const Feature blocking_command{
    .xep = 191, .title = "Blocking Command", .version = "1.3", .disco = kDisco, .hooks = kHooks};

}  // namespace xmpp::xep
