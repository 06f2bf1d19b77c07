// Stored messages (XEP-0160). They are handed over oldest first, a page at a time, to the first
// resource that can take them; while that goes on, new messages for the user go through the store
// as well, so that none overtakes another. A page is deleted once the session has it.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "protocols/im/realm/state.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

constexpr uint32_t kPageMessages = 50;
constexpr uint32_t kPageBytes = 65536;

}  // namespace

void append_delay(base::Bytes by, base::WallTime when, std::string& out) {
  out += "<delay xmlns='urn:xmpp:delay'";
  xml::write_attribute("from", by, out);
  out += " stamp='";
  base::format_datetime(when, base::Fraction::milliseconds, out);
  out += "'/>";
}

void RealmState::store_offline(User& user, const Stanza& stanza, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::message && user.state == UserState::loaded);
  CHECK(user.offline_count >= user.appending);
  // What is known to find no room does not go into the store's queue only to come back: somebody
  // who is sent more than he reads would fill it. At equality the store has the last word.
  if (user.offline_count > options().offline_messages_max) {
    count(trace::Counter::im_offline_full);
    return refuse(stanza, ErrorCondition::service_unavailable, turn);
  }
  const uint64_t waiting = uint64_t{user.appending_bytes} + packed_size(stanza);
  if (user.appending > 0 && waiting > options().offline_waiting_bytes_max) {
    count(trace::Counter::im_offline_waiting_full);
    return refuse(stanza, ErrorCondition::resource_constraint, turn);
  }
  auto request = question(StoreKind::append_offline, user);
  pack(stanza, request->text);
  request->message = stanza.message_id.number;
  user.appending_bytes += static_cast<uint32_t>(request->text.size());
  CHECK(user.appending_bytes == waiting);
  request->wall = turn.wall;
  request->number = options().offline_messages_max;
  ++user.offline_count;
  ++user.appending;
  ask(user, std::move(request), turn, &RealmState::appended);
}

void RealmState::appended(User& user, StoreRequest& answer, engine::Turn& turn) {
  CHECK(user.appending > 0 && user.offline_count >= user.appending);
  CHECK(user.appending_bytes >= answer.text.size());
  --user.appending;
  user.appending_bytes -= static_cast<uint32_t>(answer.text.size());
  CHECK((user.appending == 0) == (user.appending_bytes == 0));
  if (answer.status == StoreStatus::ok) {
    count(trace::Counter::im_offline_stored);
    // Where it was in the store before, a session may have been handed that: then the journal has
    // it for this session, until the client confirms it.
    const bool handed =
        !answer.numbers.empty() &&
        std::binary_search(user.handed.begin(), user.handed.end(), answer.numbers.front());
    if (!handed) discharge({answer.message, 0}, turn);
    return flood(user, turn);
  }
  Stanza stanza;
  CHECK(unpack(answer.text, stanza));
  --user.offline_count;
  const bool broken = failed(answer);
  if (answer.status == StoreStatus::full) count(trace::Counter::im_offline_full);
  refuse(stanza,
         broken ? ErrorCondition::internal_server_error : ErrorCondition::service_unavailable,
         turn);
  flood(user, turn);
}

void RealmState::start_flood(User& user, Resource& to, engine::Turn& turn) {
  CHECK(to.user == &user && to.takes_messages());
  if (user.flooding != nullptr || user.offline_count == 0) return;
  user.flooding = &to;
  flood(user, turn);
}

// `from` no longer takes messages. The page that may be on its way goes to whoever is next, or is
// dropped and read again.
void RealmState::stop_flood(User& user, const Resource& from, engine::Turn& turn) {
  CHECK(from.user == &user);
  if (user.flooding != &from) return;
  user.flooding = nullptr;
  for (Resource* resource : user.resources) {
    if (resource == &from || !resource->takes_messages()) continue;
    return start_flood(user, *resource, turn);
  }
}

void RealmState::flood(User& user, engine::Turn& turn) {
  if (user.flooding == nullptr || user.flood_asked || user.flooding->congested()) return;
  CHECK(user.flooding->user == &user);
  CHECK(user.flooding->takes_messages());
  if (user.offline_count == 0) {
    user.flooding = nullptr;
    return;
  }
  auto request = question(StoreKind::load_offline, user);
  request->number = user.flooded_to;
  request->count = kPageMessages;
  request->bytes = kPageBytes;
  user.flood_asked = true;
  ask(user, std::move(request), turn, &RealmState::flooded);
}

void RealmState::flooded(User& user, StoreRequest& answer, engine::Turn& turn) {
  CHECK(user.flood_asked && answer.kind == StoreKind::load_offline);
  user.flood_asked = false;
  const bool stale = std::exchange(user.flood_stale, false);
  if (user.flooding == nullptr) return;
  if (stale) return flood(user, turn);  // behind what deletes them
  if (failed(answer)) {
    // At once again: what comes in now must not overtake what is stored. In the end they stay where
    // they are, and the next available presence tries again.
    if (user.flood_attempts.another()) return flood(user, turn);
    user.flood_attempts = {};
    user.flooding = nullptr;
    return;
  }
  user.flood_attempts = {};
  uint64_t handed = 0;
  for (const StoredMessage& message : answer.offline) {
    user.flooded_to = std::max(user.flooded_to, message.id);
    const auto place = std::lower_bound(user.handed.begin(), user.handed.end(), message.id);
    if (place != user.handed.end() && *place == message.id) continue;  // another resource has it
    user.handed.insert(place, message.id);
    if (hand_over(user, message, turn)) ++handed;
  }
  if (answer.offline.empty()) {
    user.offline_count = user.appending;  // the rest is on its way into the store
  } else {
    user.offline_count -= std::min<uint64_t>(user.offline_count, handed);
    // The estimate may be low: what is left is found out by asking once more, and what is still on
    // its way into the store counts in any case.
    user.offline_count = std::max<uint64_t>({user.offline_count, user.appending, 1});
  }
  flood(user, turn);
}

// Keeps its place in the store until the resource confirms it. False: it cannot be read, and goes.
bool RealmState::hand_over(User& user, const StoredMessage& message, engine::Turn& turn) {
  Stanza stanza;
  if (!unpack(message.stanza, stanza) || stanza.kind != StanzaKind::message) {
    count(trace::Counter::im_offline_unreadable);
    stored_done(user, {message.id}, {}, turn);
    return false;
  }
  std::string payload(stanza.payload);
  // One that came back from a session that died says already since when it waits.
  if (!stanza.facts.delayed) append_delay(user.jid().domain(), message.when, payload);
  stanza.payload = payload;
  stanza.facts.delayed = true;
  stanza.stored_id = message.id;
  count(trace::Counter::im_offline_delivered);
  Resource* const to = user.flooding;
  to->deliver(stanza, turn);
  CHECK(user.flooding == to);  // it must not come back into the realm
  return true;
}

// The client has them, so the store need not. The journal may know to whom they were handed, and
// does so until they are gone: after a crash they would be handed over again.
void RealmState::stored_done(User& user, std::vector<uint64_t> ids, std::vector<uint64_t> messages,
                             engine::Turn& turn) {
  CHECK(!ids.empty());
  for (const uint64_t id : ids) {
    const auto place = std::lower_bound(user.handed.begin(), user.handed.end(), id);
    CHECK(place != user.handed.end() && *place == id);
    user.handed.erase(place);
  }
  user.flood_stale = user.flood_asked;
  auto request = question(StoreKind::delete_offline, user);
  request->numbers = std::move(ids);
  request->messages = std::move(messages);
  ask(user, std::move(request), turn, &RealmState::stored_deleted);
}

void RealmState::stored_deleted(User&, StoreRequest& answer, engine::Turn& turn) {
  failed(answer);
  for (const uint64_t message : answer.messages) discharge({message, 0}, turn);
}

// The session it was handed to has gone without acknowledging it: it is read again. One that came
// back from the journal and could not be bound has never had it.
void RealmState::stored_returned(User& user, uint64_t id, engine::Turn& turn) {
  const auto place = std::lower_bound(user.handed.begin(), user.handed.end(), id);
  CHECK(id > 0);
  if (place == user.handed.end() || *place != id) return;
  user.handed.erase(place);
  user.flooded_to = std::min(user.flooded_to, id - 1);
  ++user.offline_count;
  for (Resource* resource : user.resources) {
    if (user.flooding == nullptr && resource->takes_messages()) {
      start_flood(user, *resource, turn);
    }
  }
}

}  // namespace im
