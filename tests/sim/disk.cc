#include "tests/sim/disk.h"

#include <utility>

#include "engine/base/check.h"

namespace sim {

base::Duration Disk::commit_time() {
  const bool slow = random_.below(100) < weather.slow_percent;
  const uint32_t most = slow ? weather.slow_us_max : weather.commit_us_max;
  return base::Duration::microseconds(static_cast<int64_t>(random_.below(most + 1)));
}

void Disk::commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
                  Answer answer) {
  ++commits_;
  const auto commit = under_way_.insert(
      under_way_.end(),
      Commit{file, {pieces.begin(), pieces.end()}, offset, sync, false, std::move(answer)});
  clock_.after(commit_time(), [this, commit, life = life_] {
    if (life == life_) write(commit);
  });
}

void Disk::write(std::list<Commit>::iterator commit) {
  const int32_t result = files_.commit(commit->file, commit->pieces, commit->offset, false);
  if (result != 0) {
    const Answer answer = std::move(commit->answer);
    under_way_.erase(commit);
    return answer(result);
  }
  commit->written = true;
  clock_.after(commit_time(), [this, commit, life = life_] {
    if (life == life_) finish(commit);
  });
}

void Disk::finish(std::list<Commit>::iterator commit) {
  const int32_t result = commit->sync ? files_.commit(commit->file, {}, commit->offset, true) : 0;
  const Answer answer = std::move(commit->answer);
  under_way_.erase(commit);
  answer(result);
}

void Disk::work(std::function<void()> job) {
  base::Instant when =
      clock_.now() +
      base::Duration::microseconds(static_cast<int64_t>(random_.below(weather.work_us_max + 1)));
  if (when < busy_until_) when = busy_until_;
  busy_until_ = when;
  clock_.at(when, [this, job = std::move(job), life = life_] {
    if (life == life_) job();
  });
}

void Disk::cut_off() {
  ++life_;
  // What was asked for and not yet done may still get as far as the disk.
  for (const Commit& commit : under_way_) {
    if (commit.written || random_.below(2) == 0) continue;
    files_.commit(commit.file, commit.pieces, commit.offset, false);
  }
  under_way_.clear();
  busy_until_ = {};
}

void Disk::lose(Death how) {
  CHECK(under_way_.empty());
  if (how == Death::power) {
    files_.crash(&random_);
  } else {
    files_.close_all();
  }
}

}  // namespace sim
