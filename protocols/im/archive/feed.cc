#include "protocols/im/archive/feed.h"

#include "engine/trace/counters.h"

namespace im {

bool ArchiveFeeder::message(const User& user, const Stanza& message, MessageId id,
                            base::WallTime when, bool outgoing, const Options& options,
                            engine::Journal& journal) {
  ArchiveRecord record;
  if (!to_archive(user, message, id, when, outgoing, options, stanza_, record)) return false;
  record_.clear();
  pack(record, record_);
  journal.feed(kArchiveFeed, record_);
  trace::count(trace::Counter::im_archive_fed);
  return true;
}

void ArchiveFeeder::forget(base::Bytes owner, engine::Journal& journal) {
  record_.clear();
  pack({.kind = ArchiveRecordKind::forget, .owner = owner}, record_);
  journal.feed(kArchiveFeed, record_);
}

}  // namespace im
