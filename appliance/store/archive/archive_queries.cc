#include "appliance/store/archive/archive_queries.h"

#include <algorithm>
#include <bit>

#include "appliance/store/queries.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/jid/jid.h"

namespace store {

using im::StoreStatus;
using trace::Counter;

static constexpr size_t kOwnersCached = 8192;
static constexpr uint64_t kEpochsKept = 16;  // a log may be read again after a crash while starting
static constexpr int64_t kRemovedAtOnce = 256;

bool ArchiveQueries::take(const FeedBatch& batch, uint64_t after) {
  CHECK(database_.in_transaction());
  for (const FeedRecord& fed : batch.records) {
    if (fed.position <= after) continue;
    im::ArchiveRecord record;
    if (!im::unpack(fed.bytes, record)) {
      trace::count(Counter::archive_unreadable);
      TRACE(store, error, "archive_record_unreadable", {"shard", batch.source.shard},
            {"position", fed.position});
      continue;
    }
    const bool message = record.kind == im::ArchiveRecordKind::message;
    if (!(message ? put(record) : forget(record.owner))) return false;
  }
  return true;
}

bool ArchiveQueries::note(FeedSource source, uint64_t position) {
  CHECK(database_.in_transaction());
  Statement note = database_.prepare(
      "INSERT INTO feeds (epoch, shard, position) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (epoch, shard) DO UPDATE SET position = max(position, ?3)");
  note.number(1, signed_of(source.epoch)).number(2, source.shard);
  if (!note.number(3, signed_of(position)).run()) return false;
  if (source.epoch <= kEpochsKept) return true;
  Statement drop = database_.prepare("DELETE FROM feeds WHERE epoch < ?1");
  return drop.number(1, signed_of(source.epoch - kEpochsKept)).run();
}

std::optional<uint64_t> ArchiveQueries::position(FeedSource source) {
  Statement noted = database_.prepare("SELECT position FROM feeds WHERE epoch = ?1 AND shard = ?2");
  noted.number(1, signed_of(source.epoch)).number(2, source.shard);
  if (noted.row()) return static_cast<uint64_t>(noted.number(0));
  return noted.ok() ? std::optional<uint64_t>(0) : std::nullopt;
}

StoreStatus ArchiveQueries::find_owner(base::Bytes jid, Owner& out) {
  Statement found = database_.prepare("SELECT id, ahead_us, behind_us FROM owners WHERE jid = ?1");
  if (!found.text(1, jid).row()) return found.ok() ? StoreStatus::not_found : StoreStatus::failed;
  out = {found.number(0), found.number(1), found.number(2)};
  return StoreStatus::ok;
}

ArchiveQueries::Owner* ArchiveQueries::owner_to_write(base::Bytes jid) {
  if (const auto cached = owners_.find(jid); cached != owners_.end()) return &cached->second;
  Owner owner;
  StoreStatus found = find_owner(jid, owner);
  if (found == StoreStatus::not_found) {
    Statement insert = database_.prepare("INSERT INTO owners (jid) VALUES (?1)");
    if (!insert.text(1, jid).run()) return nullptr;
    found = find_owner(jid, owner);
  }
  if (found != StoreStatus::ok) return nullptr;
  if (owners_.size() >= kOwnersCached) owners_.clear();
  return &(owners_[std::string(jid)] = owner);
}

// Times of clients' messages and of their ids are taken within moments of each other, unless the
// clock was set back; then the account's span grows, and searches by time look a little further.
bool ArchiveQueries::widen(Owner& owner, const im::ArchiveRecord& record) {
  const int64_t off =
      static_cast<int64_t>(record.id.number >> im::MessageId::kTimeShift) - record.when.us;
  const auto round_up = [](int64_t us) {
    return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(us)));
  };
  if (off <= owner.ahead_us && -off <= owner.behind_us) return true;
  if (off > owner.ahead_us) owner.ahead_us = round_up(off);
  if (-off > owner.behind_us) owner.behind_us = round_up(-off);
  Statement keep =
      database_.prepare("UPDATE owners SET ahead_us = ?2, behind_us = ?3 WHERE id = ?1");
  return keep.number(1, owner.id).number(2, owner.ahead_us).number(3, owner.behind_us).run();
}

bool ArchiveQueries::put(const im::ArchiveRecord& record) {
  Owner* owner = owner_to_write(record.owner);
  if (owner == nullptr || !widen(*owner, record)) return false;
  const auto with = jid::JidView::trusted(record.with);
  Statement insert = database_.prepare(
      "INSERT OR IGNORE INTO messages "
      "(owner, id, tag, received_us, with_bare, with_resource, stanza) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  insert.number(1, owner->id).number(2, signed_of(record.id.number)).number(3, record.id.tag);
  insert.number(4, record.when.us).text(5, with.bare()).text(6, with.resource());
  if (!insert.blob(7, record.stanza).run()) return false;
  trace::count(database_.changes() > 0 ? Counter::archive_messages : Counter::archive_repeated);
  return true;
}

bool ArchiveQueries::forget(base::Bytes owner) {
  if (const auto cached = owners_.find(owner); cached != owners_.end()) owners_.erase(cached);
  Statement let_go = database_.prepare("UPDATE owners SET jid = NULL WHERE jid = ?1");
  return let_go.text(1, owner).run();
}

void ArchiveQueries::answer(im::StoreRequest& request) {
  CHECK(request.archive != nullptr);
  im::ArchiveQuery& query = *request.archive;
  query.page.clear();
  query.complete = false;
  query.count.reset();
  request.status = request.kind == im::StoreKind::query_archive
                       ? load_query(request.user, query)
                       : load_metadata(request.user, query);
}

int64_t ArchiveQueries::remove_forgotten() {
  Statement gone = database_.prepare("SELECT id FROM owners WHERE jid IS NULL LIMIT 1");
  if (!gone.row()) return gone.ok() ? 0 : -1;
  const int64_t owner = gone.number(0);
  Statement remove = database_.prepare(
      "DELETE FROM messages WHERE position IN "
      "(SELECT position FROM messages INDEXED BY messages_of_owner WHERE owner = ?1 LIMIT ?2)");
  if (!remove.number(1, owner).number(2, kRemovedAtOnce).run()) return -1;
  const int64_t removed = database_.changes();
  if (removed == kRemovedAtOnce) return removed;
  Statement drop = database_.prepare("DELETE FROM owners WHERE id = ?1");
  return drop.number(1, owner).run() ? std::max<int64_t>(removed, 1) : -1;
}

// XEP-0313 §3.2: an archive has no holes, so what is removed is the oldest by position; a message
// whose time says otherwise keeps those behind it. One from so far in the future that only a clock
// gone wrong can have stamped it does not.
int64_t ArchiveQueries::remove_before(base::WallTime when, base::WallTime now) {
  CHECK(when <= now);
  const int64_t future = now.us + (now.us - when.us);
  Statement oldest =
      database_.prepare("SELECT position, received_us FROM messages ORDER BY position LIMIT ?1");
  oldest.number(1, kRemovedAtOnce);
  int64_t last = 0;
  while (oldest.row()) {
    const int64_t received = oldest.number(1);
    if (received >= when.us && received <= future) break;
    last = oldest.number(0);
  }
  if (!oldest.ok()) return -1;
  if (last == 0) return 0;
  Statement remove = database_.prepare("DELETE FROM messages WHERE position <= ?1");
  return remove.number(1, last).run() ? database_.changes() : -1;
}

int64_t ArchiveQueries::remove_oldest() {
  Statement remove = database_.prepare(
      "DELETE FROM messages WHERE position IN "
      "(SELECT position FROM messages ORDER BY position LIMIT ?1)");
  return remove.number(1, kRemovedAtOnce).run() ? database_.changes() : -1;
}

uint64_t ArchiveQueries::bytes_used() {
  const int64_t pages = database_.pragma("PRAGMA page_count");
  const int64_t free = database_.pragma("PRAGMA freelist_count");
  const int64_t size = database_.pragma("PRAGMA page_size");
  return pages > free && size > 0
             ? static_cast<uint64_t>(pages - free) * static_cast<uint64_t>(size)
             : 0;
}

}  // namespace store
