// XEP-0054: vcard-temp. Everybody may read a card, only its owner may write it. A set is answered
// once the card is on disk.
#include <string>
#include <utility>

#include "engine/trace/counters.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/xep/store_reply.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kNamespace = "vcard-temp";

// §3.1: one's own missing card is an item that was not found …
void answer_own(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                engine::Turn& turn) {
  if (answer.status == im::StoreStatus::ok && !answer.text.empty()) {
    send_result(reply, answer.text, realm, turn);
  } else if (answer.status == im::StoreStatus::ok) {
    send_error(reply, im::ErrorCondition::item_not_found, realm, turn);
  } else {
    send_error(reply, error_of(answer.status), realm, turn);
  }
}

// … another's is refused just as an account that does not exist (§3.3).
void answer_others(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                   engine::Turn& turn) {
  if (answer.status == im::StoreStatus::ok && !answer.text.empty()) {
    send_result(reply, answer.text, realm, turn);
  } else if (answer.status == im::StoreStatus::failed) {
    send_error(reply, im::ErrorCondition::internal_server_error, realm, turn);
  } else {
    send_error(reply, im::ErrorCondition::service_unavailable, realm, turn);
  }
}

void get_own(Request& request) {
  ask(request, store_request(im::StoreKind::load_vcard, request.user->bare_jid.view()), answer_own);
}

void get_others(Request& request) {
  ask(request, store_request(im::StoreKind::load_vcard, request.user->bare_jid.view()),
      answer_others);
}

void set_own(Request& request) {
  auto question = store_request(im::StoreKind::save_vcard, request.user->bare_jid.view());
  request.payload.standalone(question->text);
  if (question->text.size() > request.options.vcard_bytes_max) {
    trace::count(trace::Counter::vcards_too_big);
    return request.error(im::ErrorCondition::not_acceptable, "the vCard is too big");
  }
  ask(request, std::move(question), answer_write);
}


// Another's card cannot be set (§3.2): there is no hook for it, so that the answer is that of an
// account that does not exist.
constexpr base::Bytes kDisco[] = {kNamespace};
constexpr Hook kHooks[] = {
    {IqKind::get, static_cast<uint8_t>(To::self), "vCard", kNamespace, get_own},
    {IqKind::get, static_cast<uint8_t>(To::other), "vCard", kNamespace, get_others},
    {IqKind::set, static_cast<uint8_t>(To::self), "vCard", kNamespace, set_own},
};

}  // namespace

constinit const Feature vcard_temp{.xep = 54,
                                   .title = "vcard-temp",
                                   .version = "1.3.0",
                                   .note = "setting another's card is refused as if the account "
                                           "did not exist",
                                   .disco = kDisco,
                                   .disco_account = kDisco,
                                   .hooks = kHooks};

}  // namespace xmpp::xep
