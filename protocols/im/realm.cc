#include "protocols/im/realm.h"

#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/im/realm/state.h"

namespace im {

bool Options::hosts(base::Bytes domain) const {
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

Realm::Realm(engine::ShardId shard, const engine::Partition& partition,
             std::shared_ptr<const Options> options, AccountIq& account_iq)
    : shard_(shard), partition_(partition), options_(std::move(options)) {
  CHECK(options_ != nullptr && !options_->domains.empty());
  CHECK(shard < partition.shards());
  state_ = std::make_unique<RealmState>(*this, shard, account_iq);
}

Realm::~Realm() = default;

void Realm::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  CHECK(mail.to == shard_ && turn.shard == shard_);
  state_->evict();
  state_->on_mail(mail, turn);
}

void Realm::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  CHECK(mail.from == shard_ && turn.shard == shard_);
  state_->on_refused(mail, turn);
}

void Realm::on_answer(std::unique_ptr<StoreRequest> answer, engine::Turn& turn) {
  CHECK(answer != nullptr && turn.shard == shard_);
  state_->evict();
  if (answer->then != nullptr) {
    const auto then = std::move(answer->then);
    then->answered(*answer, *this, turn);
  }
  state_->go_on_recovering(turn);
  state_->go_on_restoring(turn);
}

void Realm::set_options(std::shared_ptr<const Options> options) {
  CHECK(options != nullptr && !options->domains.empty());
  options_ = std::move(options);
}

void Realm::bind(Resource& resource, Binding& binding, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->evict();
  state_->bind(resource, binding, turn);
}

void Realm::cancel_bind(Binding& binding) { state_->cancel_bind(binding); }

void Realm::unbind(Resource& resource, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->unbind(resource, turn);
}

void Realm::take_messages(Resource& resource, bool takes, engine::Turn& turn) {
  CHECK(resource.user != nullptr && turn.shard == shard_);
  resource.without_presence = takes;
  if (takes) return state_->start_flood(*resource.user, resource, turn);
  if (!resource.takes_messages()) state_->stop_flood(*resource.user, resource, turn);
}

void Realm::uncongested(Resource& resource, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  User* user = resource.user;
  if (user != nullptr && user->flooding == &resource) state_->flood(*user, turn);
}

void Realm::from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  CHECK(origin.user != nullptr && stanza.from.full() == origin.full_jid);
  // The wires refuse an IQ without an id: its answer would find nobody (RFC 6120 §8.2.3).
  CHECK(stanza.kind != StanzaKind::iq || !stanza.id.empty());
  state_->evict();
  state_->from_client(stanza, origin, turn);
}

void Realm::route(const Stanza& stanza, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->send(stanza, turn);
}

void Realm::subscribe(const jid::JidView& from, const jid::JidView& to, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  Stanza request;
  request.kind = StanzaKind::presence;
  request.type = StanzaType::subscribe;
  request.from = from;
  request.to = to;
  state_->subscribe(request, turn);
}

MessageId Realm::new_message_id(engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  return state_->next_message_id(turn);
}

void Realm::bounce(const Stanza& stanza, const StanzaError& error, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->bounce(stanza, error, turn);
}

void Realm::confirmed(base::Bytes account, std::span<const Handed> handed, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  std::vector<uint64_t> stored;
  std::vector<uint64_t> messages;
  for (const Handed& one : handed) {
    if (one.stored_id == 0) {
      state_->discharge({one.number, 0}, turn);
      continue;
    }
    stored.push_back(one.stored_id);
    messages.push_back(one.number);
  }
  if (stored.empty()) return;
  if (User* user = state_->find_loaded(account)) {
    return state_->stored_done(*user, std::move(stored), std::move(messages), turn);
  }
  for (const uint64_t number : messages) state_->discharge({number, 0}, turn);
}

void Realm::returned(base::Bytes account, const Stanza& stanza, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  if (stanza.stored_id == 0) return state_->send(stanza, turn);
  state_->discharge(stanza.message_id, turn);  // the store has it
  User* user = state_->find_loaded(account);
  if (user != nullptr) state_->stored_returned(*user, stanza.stored_id, turn);
}

void Realm::dropped(const Stanza& stanza, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->discharge(stanza.message_id, turn);
}

void Realm::on_committed(engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->send_receipts(turn);
}

void Realm::begin_recovery(const std::vector<engine::JournalEntry>& entries) {
  state_->begin_recovery(entries);
}

void Realm::recover_publications(std::vector<engine::JournalEntry> entries, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->recover_publications(std::move(entries), turn);
}

void Realm::recover_kept(std::vector<engine::JournalEntry> entries, Keeper& keeper,
                         engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->recover_kept(std::move(entries), keeper, turn);
}

void Realm::recover(std::vector<engine::JournalEntry> messages, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  state_->recover(std::move(messages), turn);
}

void Realm::restore(Resource& resource, base::Bytes presence, std::span<const uint64_t> stored,
                    engine::Turn& turn) {
  CHECK(resource.user != nullptr && turn.shard == shard_);
  state_->restore(resource, presence, stored, turn);
}

void Realm::refresh(Resource& resource, engine::Turn& turn) {
  CHECK(resource.user != nullptr && turn.shard == shard_);
  state_->refresh(resource, turn);
}

void Realm::roster_set(Resource& origin, const RosterSet& set, base::Bytes iq_id,
                       engine::Turn& turn) {
  CHECK(origin.user != nullptr && turn.shard == shard_);
  state_->roster_set(origin, set, iq_id, turn);
}

void Realm::block(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
                  engine::Turn& turn) {
  CHECK(origin.user != nullptr && turn.shard == shard_);
  state_->block(origin, jids, iq_id, turn);
}

void Realm::unblock(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
                    engine::Turn& turn) {
  CHECK(origin.user != nullptr && turn.shard == shard_);
  state_->unblock(origin, jids, iq_id, turn);
}

void Realm::visit_users(Visitor& visitor) const { state_->visit(visitor); }

bool Realm::end(base::Bytes full_jid, Farewell why, engine::Turn& turn) {
  CHECK(turn.shard == shard_);
  return state_->end(full_jid, why, turn);
}

void Realm::delete_account(base::Bytes bare_jid, std::unique_ptr<StoreRequest::Context> then,
                           engine::Turn& turn) {
  CHECK(partition_.owner(bare_jid).shard == shard_ && turn.shard == shard_);
  state_->delete_account(bare_jid, std::move(then), turn);
}

User* Realm::find_user(base::Bytes bare_jid) { return state_->find_loaded(bare_jid); }

bool Realm::when_loaded(base::Bytes bare_jid, std::unique_ptr<Caller> then, engine::Turn& turn) {
  CHECK(turn.shard == shard_ && then != nullptr);
  return state_->when_loaded(bare_jid, std::move(then), turn);
}

Presentity& Realm::presentity(User& user) { return state_->presentity(user); }

void Realm::ask(std::unique_ptr<StoreRequest> request, engine::Turn& turn) {
  CHECK(request != nullptr && turn.shard == shard_);
  turn.out.ask(std::move(request));
}

}  // namespace im
