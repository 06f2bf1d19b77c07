// One presence to many: a shard gets one envelope with the stanza once and the list of those it is
// for. Recipients of this shard are served at once.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"

namespace im {

// `key`: 0, or the same for broadcasts of one resource that may replace each other while a mailbox
// is full. The replaced one's place in the queue is kept, so nothing else that the resource sent
// may stand between the two: whatever is sent otherwise changes Resource::presence_epoch, and with
// it the key.
void RealmState::fan_out(const Stanza& stanza, const Recipients& recipients, uint64_t key,
                         engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::presence && stanza.to.empty());
  // Only what the sender says next of itself may take its place.
  CHECK(key == 0 || stanza.type == StanzaType::available);
  // Serving somebody here can lead to another fan-out: it finds no scratch and makes its own.
  std::vector<Recipient> sorted = std::exchange(sorted_, {});
  for (const base::Bytes recipient : recipients) {
    const jid::JidView jid = jid::JidView::trusted(recipient);
    if (!is_local_account(jid)) {
      if (stanza.type == StanzaType::probe) probe_elsewhere(stanza, jid, turn);
      continue;
    }
    sorted.push_back({realm_.partition().owner(jid.bare()).shard, recipient});
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Recipient& a, const Recipient& b) { return a.shard < b.shard; });
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::find_if(first, sorted.end(), [&](const Recipient& recipient) {
      return recipient.shard != first->shard;
    });
    if (first->shard == shard_) {
      for (auto at = first; at != last; ++at) arrive(stanza, jid::JidView::trusted(at->jid), turn);
    } else {
      const bool dropped = base::plant == base::Plant::presence_dropped && key != 0;
      const Group group(first, dropped ? last - 1 : last);
      if (!group.empty()) post_fan_out(stanza, group, key, turn);
    }
    first = last;
  }
  sorted.clear();
  sorted_ = std::move(sorted);
}

void RealmState::probe_elsewhere(const Stanza& probe, const jid::JidView& to, engine::Turn& turn) {
  Elsewhere* const elsewhere = realm_.elsewhere();
  if (elsewhere == nullptr) return;
  Stanza addressed = probe;
  addressed.to = to;
  static_cast<void>(elsewhere->take(addressed, turn));  // nobody there: nobody answers
}

void RealmState::arrive(const Stanza& stanza, const jid::JidView& to, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::presence);
  if (!is_local_account(to)) return;
  Stanza addressed = stanza;
  addressed.to = to;
  if (stanza.type == StanzaType::probe) return to_account(addressed, turn);
  User* user = find(to.bare());
  if (user == nullptr) return;
  if (user->state == UserState::loaded) return receive_presence(*user, addressed, turn);
  // Among what waits may be an older one, sent when a subscription was granted: that would be the
  // last one she is shown. Half of the room is left to other mail.
  const size_t waiting = user->waiting->mail.size();
  if (waiting > 0 && waiting < options().user_inbox_max / 2) to_account(addressed, turn);
}

}  // namespace im
