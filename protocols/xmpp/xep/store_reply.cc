#include "protocols/xmpp/xep/store_reply.h"

#include <utility>

#include "engine/base/check.h"

namespace xmpp::xep {
namespace {

struct ReplyContext final : im::StoreRequest::Context {
  ReplyAddress reply;
  Answered then = nullptr;
  void answered(im::StoreRequest& answer, im::Realm& realm, engine::Turn& turn) override {
    then(reply, answer, realm, turn);
  }
};

}  // namespace

std::unique_ptr<im::StoreRequest> store_request(im::StoreKind kind, base::Bytes user) {
  CHECK(!user.empty());
  auto question = std::make_unique<im::StoreRequest>();
  question->kind = kind;
  question->user = user;
  return question;
}

void ask(Request& request, std::unique_ptr<im::StoreRequest> question, Answered answered) {
  CHECK(answered != nullptr);
  auto context = std::make_unique<ReplyContext>();
  context->reply = request.later();
  context->then = answered;
  question->then = std::move(context);
  request.realm.ask(std::move(question), request.turn);
}

im::ErrorCondition error_of(im::StoreStatus status) {
  switch (status) {
    case im::StoreStatus::not_found:
      return im::ErrorCondition::item_not_found;
    case im::StoreStatus::exists:
      return im::ErrorCondition::conflict;
    case im::StoreStatus::full:
      return im::ErrorCondition::resource_constraint;
    case im::StoreStatus::not_authorized:
      return im::ErrorCondition::not_authorized;
    case im::StoreStatus::ok:
    case im::StoreStatus::failed:
      break;
  }
  return im::ErrorCondition::internal_server_error;
}

void answer_write(const ReplyAddress& reply, im::StoreRequest& answer, im::Realm& realm,
                  engine::Turn& turn) {
  if (answer.status == im::StoreStatus::ok) {
    send_result(reply, {}, realm, turn);
  } else {
    send_error(reply, error_of(answer.status), realm, turn);
  }
}

bool sees_presence(const Request& request) {
  if (request.to == To::self) return true;
  CHECK(request.user != nullptr);
  if (request.stanza.from.bare() == request.user->bare_jid.view()) return true;
  const im::Roster& roster = request.user->roster;
  const im::Contact* contact = roster.find(request.stanza.from.bare());
  return contact != nullptr && contact->from;
}

im::Resource* asking_resource(const Request& request) {
  CHECK(request.to == To::self);
  if (request.user == nullptr) return nullptr;
  return request.user->find(request.stanza.from.resource());
}

}  // namespace xmpp::xep
