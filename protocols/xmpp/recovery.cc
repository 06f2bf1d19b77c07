// What was under way when the node stopped (engine/seam/journal.h): first the sessions that can be
// resumed come back, each with the messages that were sent to it; when their accounts have been
// read, all other messages go on their way again.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/session/snapshot.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

struct Returning {
  engine::JournalKey key;
  SessionSnapshot snapshot;
  ReceivedNote received;
  struct Message {
    uint32_t number = 0;
    engine::JournalEntry entry;
  };
  std::vector<Message> sent;
  std::vector<engine::JournalEntry> waiting;  // not sent yet, when the node stopped once more
};

namespace {

bool read(const engine::JournalEntry& entry, Returning& out) {
  out.key = entry.key;
  return unpack(entry.bytes, out.snapshot) && out.snapshot.resume_seconds > 0 &&
         out.snapshot.id.size() == StreamManagement::kIdOctets &&
         (entry.note.empty() || unpack(entry.note, out.received));
}

void in_order_of_number(std::vector<Returning::Message>& sent) {
  if (sent.empty()) return;
  const uint32_t first = sent.front().number;   // any: they lie close together, modulo 2^32
  std::sort(sent.begin(), sent.end(), [first](const auto& a, const auto& b) {
    return static_cast<int32_t>(a.number - first) < static_cast<int32_t>(b.number - first);
  });
}

// They may come from the logs of several shards.
void in_order_of_acceptance(std::vector<engine::JournalEntry>& messages) {
  std::sort(messages.begin(), messages.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
}

bool readable(const engine::JournalEntry& message, engine::Turn& turn) {
  im::Stanza stanza;
  if (im::unpack(message.bytes, stanza)) return true;
  trace::count(trace::Counter::im_recovered_unreadable);
  turn.journal.erase(message.key);
  return false;
}

}  // namespace

void Service::on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) {
  CHECK(recovered_.empty() && restoring_ == 0 && sessions_ == nullptr);
  realm_->begin_recovery(entries);
  realm_->recover_publications(im::take_out(im::EntryKind::publication, entries), turn);
  // SIP is off now, or its service has taken them.
  for (const auto& left : im::take_out(im::EntryKind::subscription, entries)) {
    turn.journal.erase(left.key);
  }
  std::vector<Returning> sessions;
  std::unordered_map<uint64_t, size_t> by_entry;
  for (const engine::JournalEntry& entry : entries) {
    if (entry.key.kind != static_cast<uint8_t>(im::EntryKind::session)) continue;
    Returning session;
    if (read(entry, session)) {
      by_entry[entry.key.id] = sessions.size();
      sessions.push_back(std::move(session));
    } else {
      trace::count(trace::Counter::xmpp_sessions_unreadable);
      turn.journal.erase(entry.key);
    }
  }
  for (engine::JournalEntry& entry : entries) {
    if (entry.key.kind != static_cast<uint8_t>(im::EntryKind::message)) continue;
    SentNote note;
    const auto session = unpack(entry.note, note) ? by_entry.find(note.entry) : by_entry.end();
    if (session == by_entry.end()) {
      recovered_.push_back(std::move(entry));
    } else if (note.waits) {
      sessions[session->second].waiting.push_back(std::move(entry));
    } else {
      sessions[session->second].sent.push_back({note.number, std::move(entry)});
    }
  }
  in_order_of_acceptance(recovered_);
  TRACE(session, info, "recovered", {"sessions", sessions.size()},
        {"messages", recovered_.size()});
  restoring_ = sessions.size() + 1;
  for (Returning& session : sessions) restore_session(session, turn);
  restored_one(turn);
}

void Service::restore_session(Returning& returning, engine::Turn& turn) {
  in_order_of_number(returning.sent);
  std::vector<StreamManagement::Sent> unacked;
  for (const Returning::Message& message : returning.sent) {
    if (readable(message.entry, turn)) unacked.push_back({message.number, message.entry.bytes});
  }
  in_order_of_acceptance(returning.waiting);
  std::vector<base::Bytes> waiting;
  for (const engine::JournalEntry& message : returning.waiting) {
    if (readable(message, turn)) waiting.push_back(message.bytes);
  }
  Session& session = adopt(std::make_unique<Session>(*this, returning.snapshot, turn));
  session.restore(returning.key.id, returning.snapshot, returning.received, unacked, waiting,
                  turn);
}

void Service::restored_one(engine::Turn& turn) {
  CHECK(restoring_ > 0);
  if (--restoring_ > 0) return;
  realm_->recover(std::exchange(recovered_, {}), turn);
  let_resume(turn);
}

void Service::wait_to_resume(Stream& stream, engine::Journal::Position position) {
  resuming_.push_back({position, take_ticket(stream)});
}

void Service::let_resume(engine::Turn& turn) {
  if (resuming_.empty() || restoring_ > 0) return;
  // Each of them may wait again.
  for (const Resuming& waiting : std::exchange(resuming_, {})) {
    if (waiting.position > turn.journal.committed()) {
      resuming_.push_back(waiting);
      continue;
    }
    Stream* stream = find_waiting(waiting.ticket);
    if (stream == nullptr) continue;
    drop_ticket(waiting.ticket);
    stream->resume_again(turn);
  }
}

}  // namespace xmpp
