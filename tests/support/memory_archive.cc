#include "tests/support/memory_archive.h"

#include <algorithm>
#include <optional>

#include "protocols/jid/jid.h"

namespace tests {

using im::ArchiveQuery;
using im::StoreStatus;

bool MemoryArchive::take(base::Bytes bytes) {
  im::ArchiveRecord record;
  if (!im::unpack(bytes, record)) return false;
  if (record.kind == im::ArchiveRecordKind::forget) {
    if (const auto found = archives_.find(record.owner); found != archives_.end()) {
      archives_.erase(found);
    }
    return true;
  }
  Archive& archive = archives_[std::string(record.owner)];
  const auto same = [&record](const Kept& kept) { return kept.id == record.id; };
  if (std::any_of(archive.begin(), archive.end(), same)) return true;
  archive.push_back({record.id, record.when, std::string(record.with), std::string(record.stanza)});
  return true;
}

size_t MemoryArchive::messages_of(base::Bytes owner) const {
  const auto found = archives_.find(owner);
  return found == archives_.end() ? 0 : found->second.size();
}

void MemoryArchive::answer(im::StoreRequest& request) const {
  static const Archive kNothing;
  ArchiveQuery& asked = *request.archive;
  asked.page.clear();
  asked.count.reset();
  asked.complete = true;
  const auto found = archives_.find(request.user);
  const Archive& archive = found == archives_.end() ? kNothing : found->second;
  if (request.kind == im::StoreKind::query_archive) {
    request.status = query(archive, asked);
    return;
  }
  request.status = StoreStatus::ok;
  if (archive.empty()) return;
  asked.page.push_back({archive.front().id, archive.front().when, ""});
  asked.page.push_back({archive.back().id, archive.back().when, ""});
}

StoreStatus MemoryArchive::query(const Archive& archive, ArchiveQuery& query) {
  bool missing = false;
  const auto place = [&](const std::optional<im::MessageId>& id, size_t otherwise) {
    if (!id) return otherwise;
    const auto same = [&id](const Kept& kept) { return kept.id == *id; };
    const auto at = std::find_if(archive.begin(), archive.end(), same);
    missing = missing || at == archive.end();
    return static_cast<size_t>(at - archive.begin());
  };
  const size_t first = query.after_id ? place(query.after_id, 0) + 1 : 0;
  const size_t last = place(query.before_id, archive.size());  // beyond it, as the next
  const size_t page_first = std::max(first, query.after ? place(query.after, 0) + 1 : 0);
  const size_t page_last = std::min(last, place(query.before, archive.size()));
  for (const im::MessageId id : query.ids) place(id, 0);
  if (missing) return StoreStatus::not_found;
  const auto with = jid::JidView::trusted(query.with);
  std::vector<const Kept*> page;
  uint64_t count = 0;
  for (size_t i = first; i < last && i < archive.size(); ++i) {
    const Kept& kept = archive[i];
    const auto other = jid::JidView::trusted(kept.with);
    const bool chosen = query.ids.empty() ||
                        std::find(query.ids.begin(), query.ids.end(), kept.id) != query.ids.end();
    const bool matches =
        chosen && kept.when >= query.start && kept.when <= query.end &&
        (with.empty() || (with.has_resource() ? other == with : other.bare() == with.full()));
    if (!matches) continue;
    ++count;
    if (i >= page_first && i < page_last) page.push_back(&kept);
  }
  query.count = count;
  if (query.backward) std::reverse(page.begin(), page.end());
  size_t bytes = 0;
  for (const Kept* kept : page) {
    bytes += kept->stanza.size();
    if (query.page.size() >= query.max ||
        (query.bytes > 0 && !query.page.empty() && bytes > query.bytes)) {
      query.complete = false;
      break;
    }
    query.page.push_back({kept->id, kept->when, kept->stanza});
  }
  if (query.backward) std::reverse(query.page.begin(), query.page.end());
  return StoreStatus::ok;
}

}  // namespace tests
