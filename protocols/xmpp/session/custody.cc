// A session's part in the custody of messages (protocols/im/realm/custody.cc): from the moment it
// is given one until the client has it, or it is handed back. And what a session that can be
// resumed leaves in the journal, so that a client can come back to it after the node was gone.
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/base/hash.h"
#include "engine/trace/counters.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/session/snapshot.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

constexpr size_t kSnapshotDirectedMax = 65536;   // bytes of JIDs

im::Realm::Handed handed(const im::Stanza& stanza) {
  return {stanza.message_id.number, stanza.stored_id};
}

bool is_answered_for(const im::Stanza& stanza) {
  return stanza.stored_id != 0 || im::needs_custody(stanza);
}

}  // namespace

void Session::forget_acked(uint32_t h, engine::Turn& turn) {
  std::vector<im::Realm::Handed>& done = service_.handed_scratch();
  done.clear();
  stream_management_->acked(h, [&](base::Bytes packed) {
    im::Stanza stanza;
    CHECK(im::unpack(packed, stanza));
    if (is_answered_for(stanza)) done.push_back(handed(stanza));
  });
  if (!done.empty()) service_.realm().confirmed(bare_jid(), done, turn);
}

// Without stream management the socket is all we hear of. One question at a time is out.
void Session::keep_unsent(const im::Stanza& stanza, engine::Turn& turn) {
  if (!is_answered_for(stanza)) return;
  if (unsent_ == nullptr) unsent_ = service_.unsent_pool().take();
  im::pack(stanza, unsent_->packed);
  unsent_->messages.push_back({handed(stanza), unsent_->packed.size()});
  if (unsent_->asked > 0 || stream_ == nullptr || !stream_->writable()) return;
  unsent_->asked = unsent_->messages.size();
  turn.out.notify_sent(stream_->connection());
}

void Session::on_sent(engine::Turn& turn) {
  CHECK(unsent_ != nullptr && unsent_->asked > 0 && unsent_->asked <= unsent_->messages.size());
  std::vector<im::Realm::Handed>& done = service_.handed_scratch();
  done.clear();
  for (size_t i = 0; i < unsent_->asked; ++i) done.push_back(unsent_->messages[i].handed);
  if (!unsent_->drop_asked()) {
    service_.unsent_pool().give(std::move(unsent_));
  } else if (stream_->writable()) {
    unsent_->asked = unsent_->messages.size();
    turn.out.notify_sent(stream_->connection());
  }
  service_.realm().confirmed(bare_jid(), done, turn);
}

// XEP-0198 §4: what the client never acknowledged is treated as sent to a resource that is gone.
void Session::hand_back(engine::Turn& turn) {
  if (stream_management_ != nullptr) {
    stream_management_->for_each_unacked([&](base::Bytes packed) { hand_back(packed, turn); });
  }
  if (unsent_ != nullptr) {
    size_t start = 0;
    for (const Unsent::Message& message : unsent_->messages) {
      hand_back(base::Bytes(unsent_->packed).substr(start, message.end - start), turn);
      start = message.end;
    }
  }
  if (client_state_ != nullptr) {
    client_state_->for_each([&](base::Bytes packed) { hand_back(packed, turn); });
  }
}

void Session::hand_back(base::Bytes packed, engine::Turn& turn) {
  im::Stanza stanza;
  CHECK(im::unpack(packed, stanza));
  im::Realm& realm = service_.realm();
  // Presence is soft state; copies and our own pushes concern nobody else, not even a new session
  // of the same name, for which they are out of date.
  const bool request = stanza.kind == im::StanzaKind::iq && stanza.type != im::StanzaType::result;
  const bool ours = stanza.from.empty() || (stanza.kind == im::StanzaKind::iq &&
                                            stanza.from.full() == bare_jid());
  const bool wanted = stanza.kind == im::StanzaKind::message || request;
  if (ended_ || !wanted || ours || stanza.type == im::StanzaType::error ||
      stanza.facts.carbon_wrapped) {
    return realm.dropped(stanza, turn);
  }
  trace::count(trace::Counter::xmpp_unacked_returned);
  if (service_.options().unacked == UnackedPolicy::bounce && stanza.stored_id == 0) {
    realm.bounce(stanza, im::error(im::ErrorCondition::recipient_unavailable), turn);
    return realm.dropped(stanza, turn);
  }
  // RFC 6121 §8.5.3.2.1 would bounce a normal message to a resource that has gone; but this one
  // was accepted while it was there, so the account gets it.
  if (stanza.type == im::StanzaType::normal) stanza.to = stanza.to.bare_jid();
  realm.returned(bare_jid(), stanza, turn);
}

// What a client will find when it comes back, whenever something of it has changed.
void Session::save(engine::Turn& turn) {
  if (ledger_ == nullptr || !stream_management_->resumable() || user == nullptr) return;
  SessionSnapshot snapshot;
  snapshot.id = stream_management_->octets();
  snapshot.full_jid = full_jid;
  snapshot.presence = presence;
  size_t room = kSnapshotDirectedMax;   // the rest is soft state, as all presence
  for (const std::string& jid : directed) {
    if (jid.size() > room) break;
    room -= jid.size();
    snapshot.directed.push_back(jid);
  }
  snapshot.resume_seconds = stream_management_->resume_seconds();
  snapshot.interested = interested;
  snapshot.carbons = carbons;
  snapshot.blocking = blocking;
  const std::string bytes = pack(snapshot);
  const uint64_t hash = base::keyed_hash(bytes);
  const bool first = !in_journal();
  if (!first && ledger_->snapshot == hash) return;
  if (first && !turn.journal.accepting()) return;
  if (first) {
    stream_management_->octets().copy(reinterpret_cast<char*>(&ledger_->entry),
                                      sizeof ledger_->entry);
    if (ledger_->entry == 0) ledger_->entry = 1;
  }
  ledger_->snapshot = hash;
  turn.journal.put(ledger_->key(), bytes);
  note_counts(turn);
  // There may have been no room for it when the session began.
  if (first) note_all_sent(turn);
}

void Session::note_counts(engine::Turn& turn) {
  CHECK(in_journal());
  turn.journal.note(ledger_->key(), pack(ReceivedNote{ledger_->noted_h, ledger_->noted_upto}));
}

engine::Journal::Position Session::note_received(engine::Turn& turn) {
  CHECK(ledger_ != nullptr);
  const uint32_t h = stream_management_->h();
  if (std::exchange(ledger_->noted_h, h) != h && in_journal()) note_counts(turn);
  return turn.journal.appended();
}

// After a message of theirs has been taken into custody.
void Session::note_message(engine::Turn& turn) {
  if (ledger_ == nullptr) return;
  ledger_->noted_upto = stream_management_->h();
  if (in_journal()) note_counts(turn);
}

// The client sends again what we have not acknowledged; some of it we have nevertheless.
bool Session::known_already() {
  if (ledger_ == nullptr || ledger_->known_upto == 0) return false;
  if (base::plant == base::Plant::known_forgotten) return false;
  const bool known = ledger_->known_upto - stream_management_->h() < UINT32_MAX / 2;
  if (!known) ledger_->known_upto = 0;
  if (known) trace::count(trace::Counter::xmpp_messages_known);
  return known;
}

// Sent as the client's stanza number so-and-so: when it comes back it says what it has. What the
// store has enters the journal for that, so that after a crash it is not handed over again, behind
// what followed it; a journal without room leaves it at that.
void Session::note_sent(const im::Stanza& stanza, base::Bytes packed, uint32_t number,
                        engine::Turn& turn) {
  CHECK(in_journal());
  if (!stanza.message_id) return;
  const engine::JournalKey key = im::message_key(stanza.message_id);
  if (stanza.stored_id != 0) {
    if (!turn.journal.accepting()) return;
    turn.journal.put(key, packed);
  } else if (!turn.journal.holds(key)) {
    return;
  }
  if (base::plant == base::Plant::note_lost) return;
  if (base::plant == base::Plant::discharge_before_ack) return turn.journal.erase(key);
  // Before the client has come back, its numbers are not known.
  const bool waits = stream_management_->restored();
  turn.journal.note(key, pack(SentNote{ledger_->entry, waits ? 0 : number, waits}));
}

void Session::note_all_sent(engine::Turn& turn) {
  if (!in_journal()) return;
  uint32_t number = stream_management_->sent_count() - stream_management_->unacked_count();
  stream_management_->for_each_unacked([&](base::Bytes packed) {
    im::Stanza stanza;
    CHECK(im::unpack(packed, stanza));
    note_sent(stanza, packed, ++number, turn);
  });
}

}  // namespace xmpp
