// Custody of messages (DESIGN 5). A message that is accepted is entered in the journal of the shard
// that accepts it, then of the shard that owns the recipient, which tells the former when that is
// committed. There it stays until somebody else answers for it: the client, by acknowledging it or
// because its socket took it; the store; or the sender, who was told that it could not be
// delivered.
#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/journal_entry.h"
#include "protocols/im/realm/state.h"

namespace im {

std::vector<engine::JournalEntry> take_out(EntryKind kind,
                                           std::vector<engine::JournalEntry>& entries) {
  std::vector<engine::JournalEntry> out;
  const auto is_it = [kind](const engine::JournalEntry& entry) {
    return entry.key.kind == static_cast<uint8_t>(kind);
  };
  for (engine::JournalEntry& entry : entries) {
    if (is_it(entry)) out.push_back(std::move(entry));
  }
  std::erase_if(entries, is_it);
  return out;
}

bool needs_custody(const Stanza& stanza) {
  if (stanza.kind != StanzaKind::message || stanza.type == StanzaType::headline) return false;
  return !stanza.facts.chat_state_only && !stanza.facts.carbon_wrapped;
}

// Ids grow with time on a shard, also where the clock does not; the shard's number keeps those of
// two shards apart.
MessageId RealmState::next_message_id(engine::Turn& turn) {
  constexpr uint64_t kStarts = 1 << (MessageId::kTimeShift - MessageId::kStartShift);
  CHECK(shard_ < 1u << MessageId::kStartShift);
  const auto now = static_cast<uint64_t>(turn.wall.us);
  last_message_time_ = std::max(now, last_message_time_ + 1);
  MessageId id;
  id.number = last_message_time_ << MessageId::kTimeShift |
              turn.journal.epoch() % kStarts << MessageId::kStartShift | shard_;
  turn.random.fill(reinterpret_cast<char*>(&id.tag), sizeof id.tag);
  return id;
}

bool RealmState::take_custody(const Stanza& stanza, engine::Turn& turn) {
  CHECK(needs_custody(stanza) && stanza.message_id);
  const engine::JournalKey key = message_key(stanza.message_id);
  if (turn.journal.holds(key)) return true;
  if (!turn.journal.accepting()) {
    count(trace::Counter::im_journal_full);
    return false;
  }
  packed_.clear();
  pack(stanza, packed_);
  turn.journal.put(key, packed_);
  return true;
}

void RealmState::discharge(MessageId id, engine::Turn& turn) {
  if (id && turn.journal.holds(message_key(id))) turn.journal.erase(message_key(id));
}

// The sender's shard may forget the message when our journal has it for good.
void RealmState::owe_receipt(engine::ShardId to, MessageId id, engine::Turn& turn) {
  CHECK(to != shard_ && id);
  const bool hasty = base::plant == base::Plant::receipt_before_commit;
  receipts_.push_back({hasty ? 0 : turn.journal.appended(), to, id.number});
  if (turn.journal.committed() >= receipts_.back().position) send_receipts(turn);
}

// One letter a shard, for all that the last commit covers.
void RealmState::send_receipts(engine::Turn& turn) {
  size_t covered = 0;
  while (covered < receipts_.size() && receipts_[covered].position <= turn.journal.committed()) {
    ++covered;
  }
  if (covered == 0) return;
  const auto end = receipts_.begin() + static_cast<ptrdiff_t>(covered);
  std::stable_sort(receipts_.begin(), end,
                   [](const Receipt& a, const Receipt& b) { return a.to < b.to; });
  for (size_t first = 0; first < covered;) {
    const engine::ShardId to = receipts_[first].to;
    size_t last = first;
    while (last < covered && receipts_[last].to == to) ++last;
    auto envelope = engine::make_envelope(static_cast<uint32_t>((last - first) * sizeof(uint64_t)));
    envelope->from = shard_;
    envelope->to = to;
    envelope->kind = static_cast<uint8_t>(MailKind::receipt);
    for (size_t i = first; i < last; ++i) {
      std::memcpy(envelope->data() + (i - first) * sizeof(uint64_t), &receipts_[i].number,
                  sizeof(uint64_t));
    }
    turn.out.mail(std::move(envelope));
    first = last;
  }
  receipts_.erase(receipts_.begin(), end);
}

// There was no room in the mailbox: again with the next commit.
void RealmState::receipts_refused(const engine::Envelope& mail) {
  for (base::Bytes numbers = mail.payload(); !numbers.empty();
       numbers.remove_prefix(sizeof(uint64_t))) {
    uint64_t number = 0;
    std::memcpy(&number, numbers.data(), sizeof number);
    receipts_.insert(receipts_.begin(), {0, mail.to, number});
  }
}

void RealmState::on_receipts(base::Bytes numbers, engine::Turn& turn) {
  CHECK(numbers.size() % sizeof(uint64_t) == 0);
  for (; !numbers.empty(); numbers.remove_prefix(sizeof(uint64_t))) {
    MessageId id;
    std::memcpy(&id.number, numbers.data(), sizeof id.number);
    discharge(id, turn);
  }
}

void RealmState::begin_recovery(const std::vector<engine::JournalEntry>& entries) {
  CHECK(recovery_ == Recovery::none && recovered_.empty());
  recovery_ = Recovery::sessions_return;
  for (const engine::JournalEntry& entry : entries) {
    if (entry.key.kind != static_cast<uint8_t>(EntryKind::message)) continue;
    last_message_time_ = std::max(last_message_time_, (entry.key.id >> MessageId::kTimeShift) + 1);
  }
}

// The line is as long as the journal has room: an error that found none there does not wait.
bool RealmState::joins_the_line(const Stanza& message, engine::Turn& turn) {
  CHECK(needs_custody(message) && message.message_id);
  if (recovery_ == Recovery::none || base::plant == base::Plant::recovered_overtaken) return false;
  if (!turn.journal.holds(message_key(message.message_id))) return false;
  behind_recovered_.emplace_back();
  pack(message, behind_recovered_.back());
  return true;
}

// The messages that were under way when the node stopped, a few at a time: each may need an account
// that is not in memory.
void RealmState::recover(std::vector<engine::JournalEntry> messages, engine::Turn& turn) {
  CHECK(recovery_ == Recovery::sessions_return && recovered_.empty());
  recovery_ = Recovery::sending;
  recovered_ = {std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end())};
  go_on_recovering(turn);
}

void RealmState::go_on_recovering(engine::Turn& turn) {
  if (recovery_ != Recovery::sending) return;
  while (!recovered_.empty() && loading_ < kLoadingWhileRecovering) {
    const engine::JournalEntry entry = std::move(recovered_.front());
    recovered_.pop_front();
    Stanza stanza;
    if (!unpack(entry.bytes, stanza) || !needs_custody(stanza)) {
      count(trace::Counter::im_recovered_unreadable);
      turn.journal.erase(entry.key);
      continue;
    }
    count(trace::Counter::im_recovered);
    CHECK(stanza.message_id.number == entry.key.id);
    if (stanza.stored_id != 0) {
      // It was handed to a session that is no more; it has not left the store.
      turn.journal.erase(entry.key);
      continue;
    }
    send_late(stanza, turn);
  }
  while (!behind_recovered_.empty() && loading_ < kLoadingWhileRecovering) {
    const std::string packed = std::move(behind_recovered_.front());
    behind_recovered_.pop_front();
    Stanza stanza;
    CHECK(unpack(packed, stanza));
    send_on(stanza, turn);
  }
  if (recovered_.empty() && behind_recovered_.empty()) recovery_ = Recovery::none;
}

// On its way since it was accepted, which the recipient is told (XEP-0203).
void RealmState::send_late(const Stanza& message, engine::Turn& turn) {
  if (message.facts.delayed) return send_on(message, turn);
  Stanza stanza = message;
  std::string payload(stanza.payload);
  const auto accepted = static_cast<int64_t>(message.message_id.number >> MessageId::kTimeShift);
  append_delay(stanza.to.domain(), base::WallTime{accepted}, payload);
  stanza.payload = payload;
  stanza.facts.delayed = true;
  send_on(stanza, turn);
}

}  // namespace im
