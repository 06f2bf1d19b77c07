#include "engine/trace/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace trace {
namespace {

std::atomic<int64_t> g_now{0};

// A log into a pipe whose other end the test reads.
class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(0, ::pipe2(pipe_, O_NONBLOCK | O_CLOEXEC));
    set_level(Level::info);
    g_now = 1031701267053000;
    set_clock([] { return base::WallTime{g_now++}; });
    flush_log();  // what other tests left behind
    ASSERT_TRUE(start_log(pipe_[1]));
  }
  void TearDown() override {
    stop_log();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  std::string read_all() {
    std::string text;
    char block[4096];
    for (ssize_t n = 0; (n = ::read(pipe_[0], block, sizeof block)) > 0;) {
      text.append(block, static_cast<size_t>(n));
    }
    return text;
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(LogTest, WhatIsAtTheLevelIsWrittenAndNothingBelow) {
  TRACE(sasl, info, "login", {"user", "romeo@example.org"}, {"port", 5222});
  TRACE(sasl, debug, "step");
  flush_log();
  EXPECT_EQ(
      "time=2002-09-10T23:41:07.053000Z level=info component=sasl event=login "
      "user=romeo@example.org port=5222\n",
      read_all());
}

TEST_F(LogTest, RaisingOneComponentChangesNoOther) {
  set_level(Component::sasl, Level::debug);
  TRACE(sasl, debug, "one");
  TRACE(router, debug, "two");
  flush_log();
  const std::string text = read_all();
  EXPECT_NE(std::string::npos, text.find("event=one"));
  EXPECT_EQ(std::string::npos, text.find("event=two"));
}

TEST_F(LogTest, RecordsOfSeveralThreadsAreMergedByTime) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int j = 0; j < 20; ++j) TRACE(router, info, "step", {"thread", i});
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop_log();
  const std::string text = read_all();
  EXPECT_EQ(80, std::count(text.begin(), text.end(), '\n'));
  EXPECT_EQ(0u, text.find("time="));
}

TEST_F(LogTest, StopWritesWhatIsThere) {
  TRACE(node, info, "stopped");
  stop_log();
  EXPECT_NE(std::string::npos, read_all().find("event=stopped"));
  ASSERT_TRUE(start_log(pipe_[1]));  // and it may be started again
  TRACE(node, info, "started");
  flush_log();
  EXPECT_NE(std::string::npos, read_all().find("event=started"));
}

TEST_F(LogTest, ErrorsWakeTheThreadAtOnce) {
  TRACE(node, error, "alarm");
  std::string text;
  while (text.empty()) text = read_all();  // the test's time limit is the limit
  EXPECT_NE(std::string::npos, text.find("level=error component=node event=alarm"));
}

TEST_F(LogTest, AFullRingDropsAndCounts) {
  stop_log();
  const uint64_t before = total(Counter::trace_records_dropped);
  const std::string text(1000, 'x');
  for (int i = 0; i < 1000; ++i) TRACE(router, info, "flood", {"text", text});
  EXPECT_GT(total(Counter::trace_records_dropped), before);
  flush_log();
  TRACE(router, info, "after");
  const uint64_t written = total(Counter::trace_records);
  TRACE(router, info, "after");
  EXPECT_EQ(written + 1, total(Counter::trace_records));
}

TEST_F(LogTest, ADescriptorThatFailsIsCounted) {
  stop_log();
  flush_log();
  const uint64_t before = total(Counter::log_write_failures);
  const int read_only = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(read_only, 0);
  ASSERT_TRUE(start_log(read_only));
  TRACE(node, info, "lost");
  stop_log();
  EXPECT_EQ(before + 1, total(Counter::log_write_failures));
  ::close(read_only);
}

TEST(LogDeathTest, AFailedCheckPrintsTheRecordsStillInTheRings) {
  EXPECT_DEATH(
      {
        dump_on_check_failure(2);
        set_clock(nullptr);
        TRACE(router, info, "last_words", {"user", "romeo@example.org"});
        CHECK(2 + 2 == 5);
      },
      "2 \\+ 2 == 5\n(.|\n)*event=last_words user=romeo@example.org\n");
}

}  // namespace
}  // namespace trace
