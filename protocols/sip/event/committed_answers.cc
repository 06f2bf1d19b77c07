#include "protocols/sip/event/committed_answers.h"

#include <utility>

#include "engine/base/check.h"

namespace sip {

void CommittedAnswers::add(const ReturnPath& back, uint16_t status, std::string response,
                           uint64_t mark, engine::Turn& turn) {
  const engine::Journal::Position position = turn.journal.appended();
  CHECK(waiting_.empty() || waiting_.back().position <= position);
  waiting_.push_back({back, status, std::move(response), mark, position});
}

}  // namespace sip
