// XEP-0077: In-Band Registration, off by default. Before login: an account for whoever asks (§3.1).
// After it: the password can be changed (§3.3) and the account removed (§3.2), by its owner.
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "jabber:iq:register";

bool is_enabled(const Options& options) { return options.registration; }

void write_stream_feature(const Options&, base::Sink& out) {
  out += "<register xmlns='http://jabber.org/features/iq-register'/>";
}

std::string field(const Request& request, base::Bytes name) {
  const xml::Element element = request.payload.child(name, kNamespace);
  return element ? element.text() : std::string();
}

void get_form(Request& request) {
  request.result(
      "<query xmlns='jabber:iq:register'>"
      "<instructions>Choose a username and a password.</instructions>"
      "<username/><password/></query>");
}

void answer_created(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                    engine::Turn& turn) {
  if (answer.status == im::StoreStatus::ok) {
    trace::count(trace::Counter::accounts_registered);
    TRACE(sasl, info, "account registered", {"user", answer.user});
  }
  answer_write(reply, answer, realm, turn);
}

void create_account(Request& request) {
  std::string user;
  std::string password;
  if (!jid::prepare_local(field(request, "username"), user) ||
      !jid::prepare_password(field(request, "password"), password)) {
    return request.error(im::ErrorCondition::not_acceptable);
  }
  user += '@';
  user += request.stanza.to.domain();
  auto question = store_request(im::StoreKind::create_account, user);
  question->text = std::move(password);
  ask(request, std::move(question), answer_created);
}

// The asker's own account; where he wrote to the host, `user` is not filled in.
base::Bytes account(const Request& request) { return request.stanza.from.bare(); }

// Another domain of this node is a service he is not registered with, and he cannot be.
bool is_home(const Request& request) {
  return request.to == To::self || request.stanza.to.domain() == request.stanza.from.domain();
}

void get_registered(Request& request) {
  if (!is_home(request)) return request.error(im::ErrorCondition::not_allowed);
  std::string out = "<query xmlns='jabber:iq:register'><registered/>";
  xml::write_text_element("username", request.stanza.from.local(), out);
  out += "<password/></query>";
  request.result(out);
}

// The store has forgotten the account; the client learns that first, then everything else ends.
void answer_removed(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                    engine::Turn& turn) {
  answer_write(reply, answer, realm, turn);
  if (answer.status != im::StoreStatus::ok) return;
  TRACE(sasl, info, "account removed by its owner", {"user", answer.user});
  realm.delete_account(answer.user, nullptr, turn);
}

void remove_account(Request& request) {
  ask(request, store_request(im::StoreKind::delete_account, account(request)), answer_removed);
}

void change_password(Request& request) {
  const std::string username = field(request, "username");
  const std::string text = field(request, "password");
  if (username.empty() || text.empty()) return request.error(im::ErrorCondition::bad_request);
  std::string local;
  std::string password;
  if (!jid::prepare_local(username, local) || local != request.stanza.from.local()) {
    return request.error(im::ErrorCondition::not_allowed);
  }
  if (!jid::prepare_password(text, password)) {
    return request.error(im::ErrorCondition::not_acceptable);
  }
  auto question = store_request(im::StoreKind::set_password, account(request));
  question->text = std::move(password);
  ask(request, std::move(question), answer_write);
}

void set_registered(Request& request) {
  if (!is_home(request)) return request.error(im::ErrorCondition::not_allowed);
  const xml::Element first = request.payload.first_child();
  if (!request.payload.child("remove", kNamespace)) return change_password(request);
  // §3.2: <remove/> stands alone.
  if (first.next_sibling()) return request.error(im::ErrorCondition::bad_request);
  remove_account(request);
}

constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, To::host | To::self, "query", kNamespace, get_registered},
    {IqKind::set, To::host | To::self, "query", kNamespace, set_registered},
};
constexpr Hook kEarlyHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::host), "query", kNamespace, get_form},
    {IqKind::set, static_cast<uint8_t>(To::host), "query", kNamespace, create_account},
};

}  // namespace

constinit const Feature in_band_registration{.xep = 77,
                                             .title = "In-Band Registration",
                                             .version = "2.4",
                                             .note = "off by default",
                                             .disco = kDisco,
                                             .hooks = kHooks,
                                             .early_hooks = kEarlyHooks,
                                             .early_stream_feature = write_stream_feature,
                                             .enabled = is_enabled};

}  // namespace xmpp::xep
