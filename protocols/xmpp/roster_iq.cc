// jabber:iq:roster (RFC 6121 §2): the client's view of the roster. What a change means for
// subscriptions is the realm's business.
#include <algorithm>

#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/core_features.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/nonza.h"
#include "protocols/xmpp/roster_item.h"
#include "protocols/xmpp/session.h"

namespace xmpp {

namespace {

constexpr size_t kNameBytesMax = 1023;    // of a name or a group (§2.3.3: not-acceptable)
constexpr size_t kGroupsMax = 64;

}  // namespace

void write_roster_item(const im::Contact& contact, base::Sink& out) {
  out.append("<item");
  xml::write_attribute("jid", contact.jid.view(), out);
  if (!contact.name().empty()) xml::write_attribute("name", contact.name(), out);
  xml::write_attribute("subscription", contact.subscription(), out);
  if (contact.ask) out.append(" ask='subscribe'");
  if (contact.approved) out.append(" approved='true'");
  const std::vector<base::Bytes> groups = contact.groups();
  if (groups.empty()) {
    out.append("/>");
    return;
  }
  out.push_back('>');
  for (const base::Bytes group : groups) xml::write_text_element("group", group, out);
  out.append("</item>");
}

namespace {

void get_roster(Request& request) {
  if (request.session == nullptr || request.user == nullptr) {
    return request.error(im::ErrorCondition::service_unavailable);
  }
  request.session->interested = true;
  const im::Roster& roster = request.user->roster;
  std::string version;
  append_number(roster.version, version);
  // XEP-0237 / RFC 6121 §2.6.3: the client's copy is current, there is nothing to send.
  if (request.payload.has_attribute("ver") && request.payload.attribute("ver") == version) {
    return request.result();
  }
  std::string out = "<query xmlns='jabber:iq:roster'";
  if (request.payload.has_attribute("ver")) xml::write_attribute("ver", version, out);
  out.push_back('>');
  for (const im::Contact& contact : roster.contacts()) {
    if (contact.listed) write_roster_item(contact, out);
  }
  out.append("</query>");
  request.result(out);
}

// The groups of an item, decoded; false: refused (§2.3.3), with the error in `why`.
bool read_groups(const xml::Element& item, std::vector<std::string>& groups,
                 im::ErrorCondition& why) {
  for (xml::Element child = item.first_child(); child; child = child.next_sibling()) {
    if (!child.is("group", ns::kRoster)) continue;
    std::string group = child.text();
    why = im::ErrorCondition::not_acceptable;
    if (group.empty() || group.size() > kNameBytesMax || groups.size() == kGroupsMax) return false;
    why = im::ErrorCondition::bad_request;
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) return false;
    groups.push_back(std::move(group));
  }
  return true;
}

void set_roster(Request& request) {
  const xml::Element item = request.payload.first_child();
  if (request.session == nullptr || !item || !item.is("item", ns::kRoster) ||
      item.next_sibling() || !item.has_attribute("jid")) {
    return request.error(im::ErrorCondition::bad_request);
  }
  std::string scratch;
  jid::JidView jid;
  if (!jid::parse(item.attribute("jid"), scratch, jid)) {
    return request.error(im::ErrorCondition::jid_malformed);
  }
  const base::Bytes name = item.attribute("name");
  if (name.size() > kNameBytesMax) return request.error(im::ErrorCondition::not_acceptable);
  std::vector<std::string> groups;
  im::ErrorCondition why = im::ErrorCondition::bad_request;
  if (!read_groups(item, groups, why)) return request.error(why);
  im::Realm::RosterSet set;
  set.jid = jid.full();
  set.name = name;
  set.groups.assign(groups.begin(), groups.end());
  // Any other value of `subscription` is not the client's to set and is ignored (§2.1.2.5).
  set.remove = item.attribute("subscription") == "remove";
  const ReplyAddress reply = request.later();
  request.realm.roster_set(*request.session, set, reply.id, request.turn);
}

constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::self), "query", ns::kRoster, get_roster},
    {IqKind::set, static_cast<uint8_t>(To::self), "query", ns::kRoster, set_roster},
};

constexpr base::Bytes kAccountDisco[] = {ns::kRoster};

}  // namespace

namespace core {

constinit const Feature roster{.xep = 0,
                               .title = "Roster management (RFC 6121 §2)",
                               .version = "2011",
                               .note = "with versioning and pre-approval",
                               .disco_account = kAccountDisco,
                               .hooks = kHooks};

}  // namespace core

}  // namespace xmpp
