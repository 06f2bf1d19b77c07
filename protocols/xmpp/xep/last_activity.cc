// XEP-0012: Last Activity. The host tells how long it has been up; an account, to those who may see
// its presence, how long it has been gone (§4), or 0 while any client is connected.
#include <algorithm>
#include <string>

#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "jabber:iq:last";

void answer_seconds(Request& request, int64_t seconds, base::Bytes status) {
  std::string out = "<query xmlns='jabber:iq:last'";
  xml::write_attribute("seconds", std::to_string(std::max<int64_t>(seconds, 0)), out);
  out += '>';
  xml::escape_text(status, out);
  out += "</query>";
  request.result(out);
}

void answer_host(Request& request) {
  answer_seconds(request, (request.turn.now - request.options.started).whole_seconds(), {});
}

void answer_account(Request& request) {
  if (!sees_presence(request)) return request.error(im::ErrorCondition::forbidden);
  const im::User& user = *request.user;
  if (!user.resources.empty()) return answer_seconds(request, 0, {});
  if (user.last_seen.us == 0) return request.error(im::ErrorCondition::service_unavailable);
  answer_seconds(request, request.turn.wall.seconds() - user.last_seen.seconds(), user.last_status);
}

// §3: a client that a stranger asks about is not asked, whether it is there or not.
void refuse(Request& request) {
  request.error(sees_presence(request) ? im::ErrorCondition::service_unavailable
                                       : im::ErrorCondition::forbidden);
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::host), "query", kNamespace, answer_host},
    {IqKind::get, To::self | To::other, "query", kNamespace, answer_account},
    {IqKind::get, static_cast<uint8_t>(To::unseen), "query", kNamespace, refuse},
};

}  // namespace

constinit const Feature last_activity{.xep = 12,
                                      .title = "Last Activity",
                                      .version = "2.0",
                                      .note = "strangers are told forbidden (§2, a MUST), which "
                                              "says that the account exists",
                                      .disco = kDisco,
                                      .disco_account = kDisco,
                                      .hooks = kHooks};

}  // namespace xmpp::xep
