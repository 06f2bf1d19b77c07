// The message archive of one node (XEP-0313): a SQLite file of its own with a thread of its own, so
// that no message waits for it. The thread tails the journals' feed, writes what has gathered in
// large transactions, together with the position it has come to, so that every record is archived
// exactly once whatever dies when; answers the shards' questions; and removes what is too old or
// too much, a few messages at a time. Owned by the node; ask() and set_retention() from any thread,
// the rest before start().
//
// Limits, each counted: queue_max questions waiting (beyond: answered `failed`), wait_max for what
// the asker's shard had appended (beyond: answered without it, marked unstable), days and
// bytes_max.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "appliance/store/archive/archive_queries.h"
#include "appliance/store/archive/feed.h"
#include "appliance/store/database.h"
#include "appliance/store/store.h"

namespace store {

struct ArchiveRetention {
  uint32_t days = 0;       // 0: for good
  uint64_t bytes_max = 0;  // of what the file holds; 0: no limit
  friend bool operator==(const ArchiveRetention&, const ArchiveRetention&) = default;
};

struct ArchiveOptions {
  std::string path;  // created with mode 0600 if absent
  Durability durability = Durability::full;
  ArchiveRetention retention;
  uint32_t queue_max = 4096;
  std::chrono::milliseconds wait_max{5000};
  std::function<base::WallTime()> wall_now;  // what retention goes by
};

class ArchiveStore {
 public:
  // Refuses a file that a newer program has written, or another one.
  static base::Result<std::unique_ptr<ArchiveStore>> open(const ArchiveOptions& options,
                                                          Deliver deliver);
  // Takes what is committed still, answers everything that was asked, then closes the file.
  ~ArchiveStore();
  ArchiveStore(const ArchiveStore&) = delete;
  ArchiveStore& operator=(const ArchiveStore&) = delete;

  // Up to where a log has been archived; 0: nothing of it.
  base::Result<uint64_t> consumed(FeedSource source);
  // Archives all that a feed has, at once: what a node that starts again finds in the logs of its
  // last run. What was archived already is skipped.
  base::Status take(ArchiveFeed& feed);
  // Begins to consume. `feed` outlives the archive; without one it only answers.
  void start(ArchiveFeed* feed);

  static bool answers(im::StoreKind kind);
  // The question must be an im::StoreRequest of such a kind.
  void ask(engine::QuestionPtr question);
  void set_retention(const ArchiveRetention& retention);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    engine::QuestionPtr question;
    Clock::time_point deadline;
  };

  ArchiveStore(const ArchiveOptions& options, Deliver deliver, std::unique_ptr<Database> database);
  // archive_store.cc
  void run();
  bool wait_for_work(bool busy);  // false: the end
  bool answer_ripe(bool all);     // true: more are ripe
  void answer(Waiting waiting, bool stable);
  void leave(engine::QuestionPtr question);
  // archive_writer.cc
  using Positions = std::map<FeedSource, uint64_t>;  // where each log has been come to
  bool consume();                                    // true: there is more to do
  bool transfer(ArchiveFeed& feed, bool& more);
  bool write(ArchiveFeed& feed, Positions& reached, bool& more);
  bool take(const FeedBatch& batch);
  bool commit(const Positions& reached);
  void give_up(ArchiveFeed& feed);
  bool after(FeedSource source, uint64_t& position);
  bool prune();  // true: there is more to do
  int64_t remove_some(const ArchiveRetention& retention);
  void failed(const char* what);

  const ArchiveOptions options_;
  const Deliver deliver_;
  // The thread's, once it runs.
  const std::unique_ptr<Database> database_;
  ArchiveQueries queries_;
  ArchiveFeed* feed_ = nullptr;
  Positions positions_;
  std::deque<Waiting> waiting_;
  ArchiveRetention retention_;
  Clock::time_point retry_at_{};      // after a failure
  Clock::time_point gather_until_{};  // no transaction before that, unless somebody waits for one
  Clock::time_point prune_at_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> asked_;
  size_t inside_ = 0;  // questions asked and not yet answered
  ArchiveRetention wanted_retention_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace store
