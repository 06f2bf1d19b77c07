// Answers that SIP is owed for messages taken from it: each leaves when its message is on the disk
// and, where nobody is there to have it delivered to, when it has also been stored, or the store
// has refused it, which is then the answer. Whoever waits longer than kPatience is told that it was
// accepted: it is in the journal.
// One a shard; all calls there. Limits below.
#pragma once

#include <deque>
#include <string>

#include "engine/seam/turn.h"
#include "protocols/im/archive/message_id.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace gateway {

class OwedAnswers {
 public:
  static constexpr uint32_t kWaitingMax = 4096;  // for the store
  static constexpr base::Duration kPatience = base::Duration::seconds(10);

  struct Owed {
    sip::ReturnPath back;
    std::string accepted;  // the answer
    im::MessageId message_id;
    std::string from;  // by which an error knows its message
    std::string id;
    uint16_t status = 202;  // of `accepted`
  };

  explicit OwedAnswers(sip::Service& service) : service_(service) {}

  // For a message that has been entered in the journal just now. `stores`: it goes to the store.
  void add(Owed owed, bool stores, engine::Turn& turn);
  bool full() const { return waiting_.size() >= kWaitingMax; }
  // The store has refused the message. False: there is none such, or it has been answered.
  bool refuse(base::Bytes from, base::Bytes id, uint16_t status, engine::Turn& turn);
  void on_committed(engine::Turn& turn);

 private:
  struct Entry {
    Owed owed;
    engine::Journal::Position position = 0;
    base::Instant until{};
  };

  void answer(const Entry& entry, engine::Turn& turn);
  void on_time(engine::Turn& turn);

  sip::Service& service_;
  std::deque<Entry> committing_;  // in order of position
  std::deque<Entry> waiting_;     // in order of `until`
  engine::MemberTimer<OwedAnswers, &OwedAnswers::on_time> timer_{*this};
};

}  // namespace gateway
