// Pages of an archive. A query becomes a range of positions: ids in it are looked up, a span of
// time is found through the index of the ids, and what is left to test is tested row by row.
#include <algorithm>

#include "appliance/store/archive/archive_queries.h"
#include "appliance/store/queries.h"
#include "engine/base/check.h"
#include "protocols/jid/jid.h"

namespace store {

using im::ArchiveQuery;
using im::StoreStatus;

static constexpr int64_t kCountedOfAPage = 1000;     // more take too long beside every page
static constexpr int64_t kCountedAlone = 1'000'000;  // when it is all that was asked for
static constexpr int kTimeShift = im::MessageId::kTimeShift;

struct ArchiveQueries::Range {
  int64_t owner = 0;
  base::Bytes with_bare;  // "": everybody
  base::Bytes with_resource;
  int64_t start_us = 0;
  int64_t end_us = 0;
  int64_t first = 0;  // positions that the filters leave
  int64_t last = INT64_MAX;
  int64_t page_first = 0;  // … and where the page may be
  int64_t page_last = INT64_MAX;
  std::vector<int64_t> chosen;  // ids asked for: their positions, in order
};

namespace {

// Whom a query is about decides which index serves it, whether it looks back in which order.
enum Whom { everybody, bare, full };

Whom whom(base::Bytes with_bare, base::Bytes with_resource) {
  if (with_bare.empty()) return everybody;
  return with_resource.empty() ? bare : full;
}

#define FROM_OWNER "FROM messages INDEXED BY messages_of_owner WHERE owner = ?1 "
#define FROM_WITH "FROM messages INDEXED BY messages_with WHERE owner = ?1 AND with_bare = ?6 "
#define SPAN "AND position BETWEEN ?2 AND ?3 AND received_us BETWEEN ?4 AND ?5 "
#define RESOURCE "AND with_resource = ?7 "
#define COLUMNS "SELECT id, tag, received_us, stanza "
#define FORWARD "ORDER BY position LIMIT ?8"
#define BACKWARD "ORDER BY position DESC LIMIT ?8"
#define ONES "SELECT count(*) FROM (SELECT 1 "
#define COUNTED "LIMIT ?8)"

const char* page_sql(Whom whom, bool backward) {
  switch (whom) {
    case everybody:
      return backward ? COLUMNS FROM_OWNER SPAN BACKWARD : COLUMNS FROM_OWNER SPAN FORWARD;
    case bare:
      return backward ? COLUMNS FROM_WITH SPAN BACKWARD : COLUMNS FROM_WITH SPAN FORWARD;
    case full:
      return backward ? COLUMNS FROM_WITH SPAN RESOURCE BACKWARD
                      : COLUMNS FROM_WITH SPAN RESOURCE FORWARD;
  }
  CHECK(false);
}

const char* count_sql(Whom whom) {
  switch (whom) {
    case everybody:
      return ONES FROM_OWNER SPAN COUNTED;
    case bare:
      return ONES FROM_WITH SPAN COUNTED;
    case full:
      return ONES FROM_WITH SPAN RESOURCE COUNTED;
  }
  CHECK(false);
}

im::ArchivedMessage message_in(const Statement& row) {
  return {{static_cast<uint64_t>(row.number(0)), static_cast<uint32_t>(row.number(1))},
          {row.number(2)},
          row.text(3)};
}

// The oldest time whose ids cannot be less than zero, and the youngest that fit.
int64_t id_at(int64_t us, int64_t off) {
  constexpr int64_t kMost = INT64_MAX >> kTimeShift;
  const int64_t sum = off > 0 && us > INT64_MAX - off   ? INT64_MAX
                      : off < 0 && us < INT64_MIN - off ? INT64_MIN
                                                        : us + off;
  return std::clamp<int64_t>(sum, 0, kMost) << kTimeShift;
}

// Takes messages in the order they come until the page is full. False: there are more than fit.
class Page {
 public:
  explicit Page(ArchiveQuery& query) : query_(query) {}
  bool take(im::ArchivedMessage message) {
    const bool full =
        query_.page.size() >= query_.max ||
        (query_.bytes > 0 && !query_.page.empty() && bytes_ + message.stanza.size() > query_.bytes);
    if (full) return false;
    bytes_ += message.stanza.size();
    query_.page.push_back(std::move(message));
    return true;
  }

 private:
  ArchiveQuery& query_;
  size_t bytes_ = 0;
};

}  // namespace

StoreStatus ArchiveQueries::find(int64_t owner, im::MessageId id, int64_t& position) {
  Statement found =
      database_.prepare("SELECT position FROM messages WHERE owner = ?1 AND id = ?2 AND tag = ?3");
  found.number(1, owner).number(2, signed_of(id.number)).number(3, id.tag);
  if (!found.row()) return found.ok() ? StoreStatus::not_found : StoreStatus::failed;
  position = found.number(0);
  return StoreStatus::ok;
}

StoreStatus ArchiveQueries::resolve(const Owner& owner, const ArchiveQuery& query, Range& out) {
  out.owner = owner.id;
  out.start_us = query.start.us;
  out.end_us = query.end.us;
  const auto with = jid::JidView::trusted(query.with);
  out.with_bare = with.bare();
  out.with_resource = with.resource();
  int64_t after = 0;
  int64_t before = INT64_MAX;
  int64_t page_after = 0;
  int64_t page_before = INT64_MAX;
  const std::pair<const std::optional<im::MessageId>&, int64_t&> wanted[] = {
      {query.after_id, after},
      {query.before_id, before},
      {query.after, page_after},
      {query.before, page_before}};
  for (const auto& [id, position] : wanted) {
    if (!id) continue;
    if (const StoreStatus found = find(owner.id, *id, position); found != StoreStatus::ok) {
      return found;
    }
  }
  for (const im::MessageId id : query.ids) {
    int64_t position = 0;
    if (const StoreStatus found = find(owner.id, id, position); found != StoreStatus::ok) {
      return found;
    }
    out.chosen.push_back(position);
  }
  std::sort(out.chosen.begin(), out.chosen.end());
  out.chosen.erase(std::unique(out.chosen.begin(), out.chosen.end()), out.chosen.end());
  out.first = after + 1;
  out.last = before - 1;
  if (!narrow_to_times(owner, out)) return StoreStatus::failed;
  out.page_first = std::max(out.first, page_after + 1);
  out.page_last = std::min(out.last, page_before - 1);
  return StoreStatus::ok;
}

// No message of this time lies outside the positions that its possible ids have.
bool ArchiveQueries::narrow_to_times(const Owner& owner, Range& range) {
  if (range.start_us == INT64_MIN && range.end_us == INT64_MAX) return true;
  Statement span = database_.prepare(
      "SELECT min(position), max(position) FROM messages INDEXED BY message_ids "
      "WHERE owner = ?1 AND id BETWEEN ?2 AND ?3");
  span.number(1, owner.id).number(2, id_at(range.start_us, -owner.behind_us));
  span.number(3, id_at(range.end_us, owner.ahead_us) | ((1 << kTimeShift) - 1));
  if (!span.row()) return false;
  range.first = std::max(range.first, span.number(0));
  range.last = std::min(range.last, span.number(1));  // of nothing: 0
  return true;
}

bool ArchiveQueries::load_page(ArchiveQuery& query, const Range& range) {
  const Whom about = whom(range.with_bare, range.with_resource);
  Statement rows = database_.prepare(page_sql(about, query.backward));
  rows.number(1, range.owner).number(2, range.page_first).number(3, range.page_last);
  rows.number(4, range.start_us).number(5, range.end_us);
  if (about != everybody) rows.text(6, range.with_bare);
  if (about == full) rows.text(7, range.with_resource);
  rows.number(8, int64_t{query.max} + 1);
  Page page(query);
  query.complete = true;
  while (rows.row()) {
    if (page.take(message_in(rows))) continue;
    query.complete = false;
    break;
  }
  if (query.backward) std::reverse(query.page.begin(), query.page.end());
  return rows.ok();
}

bool ArchiveQueries::load_chosen(ArchiveQuery& query, const Range& range) {
  std::vector<int64_t> positions = range.chosen;
  if (query.backward) std::reverse(positions.begin(), positions.end());
  Page page(query);
  query.complete = true;
  uint64_t matching = 0;
  for (const int64_t position : positions) {
    if (position < range.first || position > range.last) continue;
    Statement row = database_.prepare(
        "SELECT id, tag, received_us, stanza, with_bare, with_resource FROM messages "
        "WHERE position = ?1");
    if (!row.number(1, position).row()) return false;
    const bool matches = row.number(2) >= range.start_us && row.number(2) <= range.end_us &&
                         (range.with_bare.empty() || row.text(4) == range.with_bare) &&
                         (range.with_resource.empty() || row.text(5) == range.with_resource);
    if (!matches) continue;
    ++matching;
    if (position < range.page_first || position > range.page_last || !query.complete) continue;
    query.complete = page.take(message_in(row));
  }
  query.count = matching;
  if (query.backward) std::reverse(query.page.begin(), query.page.end());
  return true;
}

bool ArchiveQueries::count(ArchiveQuery& query, const Range& range) {
  const int64_t most = query.max == 0 ? kCountedAlone : kCountedOfAPage;
  const Whom about = whom(range.with_bare, range.with_resource);
  Statement counted = database_.prepare(count_sql(about));
  counted.number(1, range.owner).number(2, range.first).number(3, range.last);
  counted.number(4, range.start_us).number(5, range.end_us);
  if (about != everybody) counted.text(6, range.with_bare);
  if (about == full) counted.text(7, range.with_resource);
  if (!counted.number(8, most + 1).row()) return false;
  if (counted.number(0) <= most) query.count = static_cast<uint64_t>(counted.number(0));
  return true;
}

StoreStatus ArchiveQueries::load_query(base::Bytes user, ArchiveQuery& query) {
  Owner owner;
  const StoreStatus known = find_owner(user, owner);
  if (known == StoreStatus::failed) return known;
  if (known == StoreStatus::not_found) {
    if (query.after || query.before || query.after_id || query.before_id || !query.ids.empty()) {
      return StoreStatus::not_found;
    }
    query.complete = true;
    query.count = 0;
    return StoreStatus::ok;
  }
  Range range;
  if (const StoreStatus found = resolve(owner, query, range); found != StoreStatus::ok) {
    return found;
  }
  if (!query.ids.empty()) return status_of(load_chosen(query, range));
  return status_of(load_page(query, range) && count(query, range));
}

StoreStatus ArchiveQueries::load_metadata(base::Bytes user, ArchiveQuery& query) {
  Owner owner;
  const StoreStatus known = find_owner(user, owner);
  query.complete = true;
  if (known != StoreStatus::ok) return known == StoreStatus::not_found ? StoreStatus::ok : known;
  Statement first =
      database_.prepare("SELECT id, tag, received_us, '' " FROM_OWNER "ORDER BY position LIMIT 1");
  if (first.number(1, owner.id).row()) query.page.push_back(message_in(first));
  Statement last = database_.prepare("SELECT id, tag, received_us, '' " FROM_OWNER
                                     "ORDER BY position DESC LIMIT 1");
  if (last.number(1, owner.id).row()) query.page.push_back(message_in(last));
  return status_of(first.ok() && last.ok());
}

}  // namespace store
