#include "appliance/node/journals.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/check.h"
#include "engine/journal/recovery/epoch.h"
#include "engine/journal/recovery/share_out.h"
#include "engine/trace/trace.h"

namespace appliance {

void Journals::EndOfNode::journal_failed(const std::string& what) {
  const std::string line = "rollcalld: " + what +
                           ". The node ends: what is on disk is not known, and nothing more may "
                           "be acknowledged. Look at the disk, then start again.\n";
  // One call, past all buffers: this thread is a shard's, and the last thing it does.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(2);
  ::_exit(1);
}

base::Result<std::unique_ptr<Journals>> Journals::open(JournalsOptions options) {
  // Twice the longest record, so that a segment's end never costs more than half of it.
  const uint64_t least = 2 * (options.record_bytes_max + 64 * journal::kBlock);
  options.journal.segment_bytes = std::bit_ceil(std::max(options.journal.segment_bytes, least));
  std::unique_ptr<Journals> made(new Journals(std::move(options)));
  auto files = journal::PosixFiles::open_folder(made->options_.path);
  if (!files) return files.error();
  made->files_ = std::move(*files);
  auto found = journal::recover(*made->files_);
  if (!found) {
    return base::Error{"the journal in " + made->options_.path +
                       " is damaged: " + found.error().what +
                       ". Nothing was changed. `rollcall journal check " + made->options_.path +
                       "` tells all; `rollcall journal repair " + made->options_.path +
                       "` gives up what cannot be read, and says what that is."};
  }
  made->found_ = std::move(*found);
  for (const std::string& warning : made->found_.warnings) {
    TRACE(journal, warn, "recovered", {"what", warning});
  }
  return made;
}

base::Status Journals::begin(const Owner& owner, base::Random& random) {
  CHECK(journals_.empty() && options_.shards > 0);
  const size_t count = found_.entries.size();
  entries_ = journal::share_out(found_.entries, options_.shards, owner);
  epoch_ = found_.highest_epoch + 1;
  auto keeper = journal::SegmentKeeper::open(*files_, options_.journal.segment_bytes);
  if (!keeper) return keeper.error();
  if (auto freed = journal::free_unused(*files_, *keeper, found_.logs); !freed) return freed;
  const journal::EpochStart start{epoch_, static_cast<uint32_t>(random.next()), options_.journal,
                                  &failure_};
  auto begun = journal::begin_epoch(*files_, *keeper, start, entries_);
  if (!begun) return base::Error{"cannot write the journal: " + begun.error().what};
  journals_ = std::move(*begun);
  for (const auto& journal : journals_) progress_.push_back(journal->progress());
  found_ = {};
  maintenance_ = std::make_unique<journal::Maintenance>(std::move(*keeper));
  TRACE(journal, info, "begins", {"epoch", epoch_}, {"entries", count});
  return base::Status::ok();
}

std::unique_ptr<engine::Log> Journals::hand_over(engine::ShardId shard, engine::Reactor& reactor,
                                                 std::vector<engine::JournalEntry>& recovered) {
  CHECK(shard < journals_.size() && journals_[shard] != nullptr && maintenance_ != nullptr);
  journal::ShardJournal& journal = *journals_[shard];
  journal.attach(reactor, maintenance_->supply_for(journal.log(), reactor));
  recovered = std::move(entries_[shard]);
  return std::move(journals_[shard]);
}

}  // namespace appliance
