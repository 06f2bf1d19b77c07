#include "protocols/gateway/owed_answers.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/journal_entry.h"
#include "protocols/sip/header/writer.h"

namespace gateway {
namespace {

// The same answer with another status line.
std::string with_status(base::Bytes answer, uint16_t status) {
  const size_t end = answer.find("\r\n");
  CHECK(end != base::Bytes::npos);
  std::string out = "SIP/2.0 " + std::to_string(status) + " ";
  return out.append(sip::reason_phrase(status)).append(answer.substr(end));
}

}  // namespace

void OwedAnswers::add(Owed owed, bool stores, engine::Turn& turn) {
  CHECK(!stores || !full());
  Entry entry{std::move(owed), turn.journal.appended(), turn.now + kPatience};
  (stores ? waiting_ : committing_).push_back(std::move(entry));
  if (stores && !timer_.armed()) turn.timers.arm(timer_, waiting_.front().until);
  on_committed(turn);
}

void OwedAnswers::answer(const Entry& entry, engine::Turn& turn) {
  service_.respond(entry.owed.back, entry.owed.status, entry.owed.accepted, turn);
}

bool OwedAnswers::refuse(base::Bytes from, base::Bytes id, uint16_t status, engine::Turn& turn) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& entry) {
    return entry.owed.id == id && entry.owed.from == from;
  });
  if (found == waiting_.end()) return false;
  const Entry entry = std::move(*found);
  waiting_.erase(found);
  service_.respond(entry.owed.back, status, with_status(entry.owed.accepted, status), turn);
  return true;
}

// The store takes messages in their order: those behind one that it has not taken wait with it.
void OwedAnswers::on_committed(engine::Turn& turn) {
  const engine::Journal& journal = turn.journal;
  while (!committing_.empty() && committing_.front().position <= journal.committed()) {
    answer(committing_.front(), turn);
    committing_.pop_front();
  }
  while (!waiting_.empty() && waiting_.front().position <= journal.committed() &&
         !journal.holds(im::message_key(waiting_.front().owed.message_id))) {
    answer(waiting_.front(), turn);
    waiting_.pop_front();
  }
}

void OwedAnswers::on_time(engine::Turn& turn) {
  while (!waiting_.empty() && waiting_.front().until <= turn.now) {
    committing_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  // Back in the order of positions; there is little, or the disk has stood still for seconds.
  std::sort(committing_.begin(), committing_.end(),
            [](const Entry& a, const Entry& b) { return a.position < b.position; });
  on_committed(turn);
  if (!waiting_.empty()) turn.timers.arm(timer_, waiting_.front().until);
}

}  // namespace gateway
