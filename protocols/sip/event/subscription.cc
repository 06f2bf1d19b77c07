#include "protocols/sip/event/subscription.h"

#include <charconv>
#include <cstring>

#include "engine/base/check.h"
#include "engine/seam/journal.h"
#include "protocols/im/journal_entry.h"
#include "protocols/im/packed_length.h"
#include "protocols/sip/event/notifier.h"
#include "protocols/sip/event/subscription_texts.h"

namespace sip {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kTagDigits = 14;

template <class Number>
void append(Number number, base::Sink& out) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
bool take(base::Bytes& in, Number& out) {
  if (in.size() < sizeof out) return false;
  std::memcpy(&out, in.data(), sizeof out);
  in.remove_prefix(sizeof out);
  return true;
}

void append_text(base::Bytes text, base::Sink& out) {
  append(im::packed_length<uint16_t>(text), out);
  out.append(text);
}

bool take_text(base::Bytes& in, base::Bytes& out) {
  uint16_t length = 0;
  if (!take(in, length) || in.size() < length) return false;
  out = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

}  // namespace

void Subscription::changed(const im::Presentity&, engine::Turn& turn) {
  notifier_.changed(*this, turn);
}

void Subscription::ended(im::WatchEnd why, engine::Turn& turn) {
  // A node that stops lets its subscriptions be: they go on when it is back.
  if (why == im::WatchEnd::account_deleted) {
    notifier_.finish(*this, SubscriptionEnd::noresource, turn);
  }
}

void Subscription::fire(engine::Turn& turn) { notifier_.on_time(*this, turn); }

void Subscription::keep(const Dialog& dialog, base::Bytes who, base::Bytes event_id) {
  std::string block;
  pack_texts(dialog, who, event_id, block);
  texts_ = base::PackedString(block);
}

base::Bytes Subscription::identity() const { return identity_of(texts_.view()); }

base::Bytes Subscription::event_id() const { return event_id_of(texts_.view()); }

void Subscription::read_dialog(Dialog& out) const {
  std::string tag;
  append_tag(id, tag);
  sip::read_dialog(texts_.view(), tag, out);
}

engine::JournalKey subscription_key(uint64_t id) {
  CHECK(id != 0);
  return {static_cast<uint8_t>(im::EntryKind::subscription), id};
}

void append_tag(uint64_t id, base::Sink& out) {
  for (size_t i = kTagDigits; i-- > 0;) out.push_back("0123456789abcdef"[id >> (4 * i) & 15]);
}

bool read_tag(base::Bytes tag, uint64_t& id) {
  const char* const end = tag.data() + tag.size();
  const auto read = std::from_chars(tag.data(), end, id, 16);
  return tag.size() == kTagDigits && read.ec == std::errc() && read.ptr == end;
}

void pack(const KeptSubscription& kept, base::Sink& out) {
  append(kVersion, out);
  append(static_cast<uint8_t>(kept.granted ? 1 : 0), out);
  append_text(kept.package, out);
  append_text(kept.event_id, out);
  append_text(kept.identity, out);
  append_text(kept.way, out);
  out.append(kept.dialog);
}

bool unpack(base::Bytes in, KeptSubscription& out) {
  uint8_t version = 0;
  uint8_t granted = 0;
  if (!take(in, version) || version != kVersion || !take(in, granted) ||
      !take_text(in, out.package) || !take_text(in, out.event_id) || !take_text(in, out.identity) ||
      !take_text(in, out.way)) {
    return false;
  }
  out.granted = granted != 0;
  out.dialog = in;
  return !out.identity.empty();
}

void pack(const SubscriptionNote& note, base::Sink& out) {
  append(kVersion, out);
  append(note.expires.us, out);
  append(note.cseq_reserved, out);
  append(note.remote_cseq, out);
}

bool unpack(base::Bytes in, SubscriptionNote& out) {
  uint8_t version = 0;
  return take(in, version) && version == kVersion && take(in, out.expires.us) &&
         take(in, out.cseq_reserved) && take(in, out.remote_cseq) && in.empty();
}

}  // namespace sip
