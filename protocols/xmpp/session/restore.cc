// A session comes back from the journal: detached, as if its connection had just gone.
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/session/snapshot.h"

namespace xmpp {

void Session::restore(uint64_t entry, const SessionSnapshot& snapshot,
                      const ReceivedNote& received,
                      const std::vector<StreamManagement::Sent>& unacked,
                      const std::vector<base::Bytes>& waiting, engine::Turn& turn) {
  CHECK(restored_ && user == nullptr && !binding_);
  stream_management_->restore(snapshot.id, received.h, unacked);
  for (const base::Bytes packed : waiting) stream_management_->sent(packed);
  ledger_->entry = entry;
  ledger_->noted_h = received.h;
  ledger_->noted_upto = ledger_->known_upto = received.upto;
  snapshot_ = std::make_unique<SessionSnapshot>(snapshot);
  binding_ = true;
  service_.realm().bind(*this, *this, turn);
}

void Session::bound_again(im::BindResult result, engine::Turn& turn) {
  CHECK(std::exchange(binding_, false) && stream_ == nullptr && snapshot_ != nullptr);
  const std::unique_ptr<SessionSnapshot> snapshot = std::move(snapshot_);
  if (result != im::BindResult::bound) {
    finish_soon(turn);
    return service_.restored_one(turn);
  }
  trace::gauge_add(trace::Gauge::xmpp_sessions, 1);
  counted_ = true;
  interested = snapshot->interested;
  carbons = snapshot->carbons;
  blocking = snapshot->blocking;
  directed = snapshot->directed;
  lost_stream(true, false, turn);
  trace::count(trace::Counter::xmpp_sessions_restored);
  TRACE(session, info, "session restored", {"jid", full_jid},
        {"unacked", stream_management_->unacked_count()});
  std::vector<uint64_t> stored;
  stream_management_->for_each_unacked([&](base::Bytes packed) {
    im::Stanza stanza;
    CHECK(im::unpack(packed, stanza));
    if (stanza.stored_id != 0) stored.push_back(stanza.stored_id);
  });
  service_.realm().restore(*this, snapshot->presence, stored, turn);
  service_.restored_one(turn);
}

}  // namespace xmpp
