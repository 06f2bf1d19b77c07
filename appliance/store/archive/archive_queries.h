// What the archive is asked and told, in SQL. Runs on the archive's thread, inside whatever
// transaction that has opened.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "appliance/store/archive/feed.h"
#include "appliance/store/database.h"
#include "engine/base/hash.h"
#include "protocols/im/archive/record.h"
#include "protocols/im/store_request.h"

namespace store {

std::span<const char* const> archive_schema_steps();
inline constexpr int64_t kArchiveApplicationId = 0x526F6C41;  // "RolA"

class ArchiveQueries {
 public:
  explicit ArchiveQueries(Database& database) : database_(database) {}

  // Archives what the batch has beyond `after`. Inside a transaction. False: SQLite failed; roll
  // back and call forget_cache().
  [[nodiscard]] bool take(const FeedBatch& batch, uint64_t after);
  // Notes, in the same transaction, up to where a source has been taken.
  [[nodiscard]] bool note(FeedSource source, uint64_t position);
  void forget_cache() { owners_.clear(); }
  // Up to where a source has been taken, 0 if never; nothing if SQLite failed.
  std::optional<uint64_t> position(FeedSource source);

  // Fills in status and answer.
  void answer(im::StoreRequest& request);

  // Each removes some messages, the oldest first, and tells how many; -1: SQLite failed.
  int64_t remove_forgotten();  // of accounts that are gone
  int64_t remove_before(base::WallTime when, base::WallTime now);
  int64_t remove_oldest();
  uint64_t bytes_used();

 private:
  // An account, with how far the times of its messages are off the times in their ids, rounded up
  // so that it rarely changes.
  struct Owner {
    int64_t id = 0;
    int64_t ahead_us = 0;   // id minus time, at most
    int64_t behind_us = 0;  // time minus id, at most
  };
  struct Range;  // archive_pages.cc: a query with its ids looked up

  // archive_queries.cc
  bool put(const im::ArchiveRecord& record);
  bool forget(base::Bytes owner);
  Owner* owner_to_write(base::Bytes jid);  // null: failed
  bool widen(Owner& owner, const im::ArchiveRecord& record);
  im::StoreStatus find_owner(base::Bytes jid, Owner& out);  // ok, not_found, failed

  // archive_pages.cc
  im::StoreStatus load_query(base::Bytes user, im::ArchiveQuery& query);
  im::StoreStatus load_metadata(base::Bytes user, im::ArchiveQuery& query);
  im::StoreStatus find(int64_t owner, im::MessageId id, int64_t& position);
  im::StoreStatus resolve(const Owner& owner, const im::ArchiveQuery& query, Range& out);
  bool narrow_to_times(const Owner& owner, Range& range);
  bool load_page(im::ArchiveQuery& query, const Range& range);
  bool load_chosen(im::ArchiveQuery& query, const Range& range);
  bool count(im::ArchiveQuery& query, const Range& range);

  Database& database_;
  // Those written to lately; bounded.
  std::unordered_map<std::string, Owner, base::StringHash, std::equal_to<>> owners_;
};

}  // namespace store
