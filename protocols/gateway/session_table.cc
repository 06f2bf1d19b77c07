#include "protocols/gateway/session_table.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace gateway {
namespace {

std::string pair_of(base::Bytes ours, base::Bytes theirs) {
  return std::string(ours).append("\n").append(theirs);
}

}  // namespace

SessionTable::SessionTable(const base::HashKey& key, uint32_t sessions_max)
    : key_(key), sessions_max_(sessions_max) {
  CHECK(sessions_max > 0 && sessions_max <= sip::kSlotsMax);
}

SessionTable::~SessionTable() {
  trace::gauge_add(trace::Gauge::gateway_sessions, -int64_t{size()});
}

// A peer leaves a quarter of the places to others.
bool SessionTable::count(const Session& session, Made& why) {
  why = Made::limit;
  if (size() >= sessions_max_) return false;
  uint32_t& of_peer = of_peers_[session.peer];
  if (of_peer >= sessions_max_ - sessions_max_ / 4) return false;
  why = Made::user_limit;
  uint32_t& of_user = of_users_[session.owner()];
  if (of_user >= kOfUserMax) return false;
  ++of_peer;
  ++of_user;
  why = Made::ok;
  return true;
}

void SessionTable::uncount(const Session& session) {
  const auto of_user = of_users_.find(session.owner());
  const auto of_peer = of_peers_.find(session.peer);
  CHECK(of_user != of_users_.end() && of_peer != of_peers_.end());
  if (--of_user->second == 0) of_users_.erase(of_user);
  if (--of_peer->second == 0) of_peers_.erase(of_peer);
}

SessionTable::Made SessionTable::make(SessionUser& user, engine::ShardId shard, base::Bytes ours,
                                      base::Bytes theirs, uint64_t peer, Session*& out) {
  auto made = std::make_unique<Session>(user);
  made->ours = ours;
  made->theirs = theirs;
  made->peer = peer;
  Made why = Made::ok;
  if (!count(*made, why)) {
    trace::count(trace::Counter::gateway_session_limit_hit);
    return why;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  Slot& slot = slots_[free_.back()];
  CHECK(slot.session == nullptr);
  made->place = {shard, free_.back(), slot.generation};
  free_.pop_back();
  sip::append_token(key_, sip::TokenUse::tag, made->place, made->tag);
  if (peer != 0) {
    Session*& of_pair = pairs_[pair_of(ours, theirs)];
    // Else what follows would overtake what waits.
    if (of_pair == nullptr || of_pair->waiting.empty()) of_pair = made.get();
  }
  trace::gauge_add(trace::Gauge::gateway_sessions, 1);
  out = made.get();
  slot.session = std::move(made);
  return Made::ok;
}

void SessionTable::erase(Session& session) {
  uncount(session);
  const auto pair = pairs_.find(pair_of(session.ours, session.theirs));
  if (pair != pairs_.end() && pair->second == &session) pairs_.erase(pair);
  Slot& slot = slots_[session.place.slot];
  CHECK(slot.session.get() == &session);
  free_.push_back(session.place.slot);
  ++slot.generation;
  slot.session.reset();
  trace::gauge_add(trace::Gauge::gateway_sessions, -1);
}

Session* SessionTable::find(const sip::Place& place) const {
  if (place.slot >= slots_.size()) return nullptr;
  const Slot& slot = slots_[place.slot];
  return slot.generation == place.generation ? slot.session.get() : nullptr;
}

Session* SessionTable::find(const sip::Essentials& request, engine::ShardId shard) const {
  sip::Place place;
  if (!sip::read_token(key_, sip::TokenUse::tag, request.to.tag, place) || place.shard != shard) {
    return nullptr;
  }
  Session* const session = find(place);
  return session != nullptr && sip::is_in(session->dialog, request) ? session : nullptr;
}

Session* SessionTable::find(base::Bytes ours, base::Bytes theirs) const {
  const auto found = pairs_.find(pair_of(ours, theirs));
  return found == pairs_.end() ? nullptr : found->second;
}

bool SessionTable::shard_of(base::Bytes tag, engine::ShardId& out) const {
  sip::Place place;
  if (!sip::read_token(key_, sip::TokenUse::tag, tag, place)) return false;
  out = place.shard;
  return true;
}

}  // namespace gateway
