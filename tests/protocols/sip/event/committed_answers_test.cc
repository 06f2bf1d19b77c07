#include "protocols/sip/event/committed_answers.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

TEST(CommittedAnswers, LeaveInOrderWhenTheirEntriesAreOnTheDisk) {
  EventStage stage;
  CommittedAnswers answers(*stage.service);
  stage.log.hold();
  engine::Turn turn = stage.turn();
  std::vector<uint64_t> told;
  const auto note = [&told](uint64_t mark, bool) { told.push_back(mark); };
  stage.log.put({2, 1}, "one");
  answers.add({}, 200, "SIP/2.0 200 OK\r\n\r\n", 7, turn);
  answers.on_committed(turn, note);
  EXPECT_TRUE(told.empty());
  stage.log.commit();
  stage.log.put({2, 2}, "two");
  answers.add({}, 200, "SIP/2.0 200 OK\r\n\r\n", 8, turn);
  answers.on_committed(turn, note);
  EXPECT_EQ(told, std::vector<uint64_t>{7});
  stage.log.commit();
  answers.on_committed(turn, note);
  EXPECT_EQ(told, (std::vector<uint64_t>{7, 8}));
}

}  // namespace
}  // namespace sip
