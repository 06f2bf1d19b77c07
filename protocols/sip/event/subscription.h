// One subscription at the notifier (RFC 6665 §4.2): a watcher of a user's presentity with its
// dialog. Made and owned by Notifier, by the number that is the dialog's local tag; its user's
// shard only. Kept small: there may be 100,000 of them.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/packed_string.h"
#include "engine/base/time.h"
#include "engine/seam/timer.h"
#include "protocols/im/presentity/watcher.h"
#include "protocols/sip/dialog/dialog.h"
#include "protocols/sip/event/client_way.h"

namespace sip {

class Notifier;

// Why a subscription is over: what NOTIFY says of it (RFC 6665 §4.1.3).
enum class SubscriptionEnd : uint8_t { none, timeout, rejected, noresource };

// Its timer runs until it expires, or a NOTIFY that found no room is tried again.
class Subscription final : public engine::Timer, public im::Watcher {
 public:
  explicit Subscription(Notifier& notifier) : notifier_(notifier) {}

  void changed(const im::Presentity& presentity, engine::Turn& turn) override;
  void ended(im::WatchEnd why, engine::Turn& turn) override;
  void fire(engine::Turn& turn) override;

  // What it is in words; `id` is set before.
  void keep(const Dialog& dialog, base::Bytes who, base::Bytes event_id);
  base::Bytes identity() const override;
  base::Bytes event_id() const;         // of Event: "" for none
  void read_dialog(Dialog& out) const;  // but for its numbers

  uint8_t package = 0;  // its place among the notifier's
  SubscriptionEnd end = SubscriptionEnd::none;
  bool kept = false;           // has an entry in the journal; not one that only asks once
  bool answered : 1 = false;   // its 200 has left
  bool notifying : 1 = false;  // a NOTIFY is under way: one at a time, so that they come in order
  bool due : 1 = false;        // another is owed
  bool held : 1 = false;       // … and waits a moment
  uint8_t listed = 0;          // to those who ask who watches: WatcherStatus + 1; 0: not
  uint32_t told = 0;           // its package's own: what the last body said
  uint32_t local_cseq = 0;
  uint32_t cseq_reserved = 0;  // local numbers up to this one count as used after a restart
  uint32_t remote_cseq = 0;
  base::Instant expires;
  uint64_t id = 0;                 // random; of its entry in the journal, too
  std::unique_ptr<ClientWay> way;  // to a client of our own user; null: by a trunk peer

 private:
  base::PackedString texts_;  // subscription_texts.h
  Notifier& notifier_;
};
static_assert(sizeof(Subscription) <= 128, "with its texts and its place in the journal <= 350");

// What the journal keeps of one: EntryKind::subscription; account, then this. The note is what
// changes with a refresh.
struct KeptSubscription {
  base::Bytes package;
  base::Bytes event_id;
  base::Bytes identity;
  base::Bytes way;     // packed; "": by the trunk peer that the identity is at
  base::Bytes dialog;  // packed
  bool granted = false;
};
struct SubscriptionNote {
  base::WallTime expires;
  uint32_t cseq_reserved = 0;
  uint32_t remote_cseq = 0;
};
engine::JournalKey subscription_key(uint64_t id);
// A dialog's local tag that is the number of its subscription, which nobody can guess.
void append_tag(uint64_t id, base::Sink& out);
[[nodiscard]] bool read_tag(base::Bytes tag, uint64_t& id);
void pack(const KeptSubscription& kept, base::Sink& out);
[[nodiscard]] bool unpack(base::Bytes in, KeptSubscription& out);
void pack(const SubscriptionNote& note, base::Sink& out);
[[nodiscard]] bool unpack(base::Bytes in, SubscriptionNote& out);

}  // namespace sip
