// Answers that promise what must outlive a crash: each leaves when the journal has what it is about
// on the disk. At most as many as there are server transactions. One a handler; its shard only.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/seam/turn.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace sip {

class CommittedAnswers {
 public:
  explicit CommittedAnswers(Service& service) : service_(service) {}

  // What has been entered in the journal up to now is what it promises. `mark`: the caller's.
  void add(const ReturnPath& back, uint16_t status, std::string response, uint64_t mark,
           engine::Turn& turn);
  // Sends what may leave; then calls f(mark, elsewhere) for each: is it still on its way to another
  // shard? Not one by one: neighbours that are alike, answers or what follows them, go through the
  // kernel as one.
  template <class F>
  void on_committed(engine::Turn& turn, F f) {
    sent_.clear();
    while (!waiting_.empty() && waiting_.front().position <= turn.journal.committed()) {
      const Entry& entry = waiting_.front();
      service_.respond(entry.back, entry.status, entry.response, turn);
      sent_.push_back({entry.mark, entry.back.shard != turn.shard});
      waiting_.pop_front();
    }
    for (const Sent& one : sent_) f(one.mark, one.elsewhere);
  }

 private:
  struct Entry {
    ReturnPath back;
    uint16_t status = 0;
    std::string response;
    uint64_t mark = 0;
    engine::Journal::Position position = 0;
  };

  struct Sent {
    uint64_t mark = 0;
    bool elsewhere = false;
  };

  Service& service_;
  std::deque<Entry> waiting_;  // in order of position
  std::vector<Sent> sent_;     // scratch
};

}  // namespace sip
