#include "bench/load/process/watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/load/clock.h"

namespace load {
namespace {

// A grandchild works for so long, then all wait to be ended.
int family_that_works(int64_t nanoseconds, int ready) {
  const int child = fork();
  if (child != 0) return child;
  const int grandchild = fork();
  if (grandchild == 0) {
    volatile uint64_t work = 0;
    while (process_use(getpid(), false).cpu < nanoseconds) {
      for (int i = 0; i < 100'000; ++i) work = work + 1;
    }
    if (write(ready, "r", 1) != 1) _exit(1);
  }
  pause();
  _exit(0);
}

TEST(Watch, DescendantsCountToo) {
  int ends[2];
  ASSERT_EQ(0, pipe(ends));
  const int pid = family_that_works(50'000'000, ends[1]);
  char answer = 0;
  ASSERT_EQ(1, read(ends[0], &answer, 1));
  const ProcessUse alone = process_use(pid, false);
  const ProcessUse family = process_use(pid, true);
  EXPECT_LT(alone.cpu, 40'000'000);
  EXPECT_GE(family.cpu, 50'000'000);
  EXPECT_GT(alone.resident, 0);
  EXPECT_GT(family.resident, alone.resident);
  EXPECT_TRUE(process_lives(pid));
  // The grandchild is found through its parent, and first.
  const std::string children =
      "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children";
  const int grandchild = std::atoi(first_line(children).c_str());
  if (grandchild > 0) kill(grandchild, SIGKILL);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  EXPECT_FALSE(process_lives(pid));
  EXPECT_EQ(0, process_use(pid, true).cpu);
  close(ends[0]);
  close(ends[1]);
}

TEST(Watch, AProcessThatIsNotThereHasNothing) {
  EXPECT_EQ("", first_line("/proc/0/stat"));
  EXPECT_EQ(0, process_use(INT32_MAX, true).resident);
  EXPECT_TRUE(cores_of(INT32_MAX).empty());
  EXPECT_FALSE(cores_of(0).empty());
  EXPECT_EQ(0, softirq_cpu({}));
}

}  // namespace
}  // namespace load
