// What was answered ok is on disk: a process that stores as fast as it can is killed in the middle,
// and what it had been told is looked for afterwards.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "tests/appliance/store/fixture.h"

namespace {

using im::StoreKind;
using im::StoreStatus;
using namespace store_test;

constexpr base::Bytes kUsers[] = {"alice@example.com", "bob@example.com"};
constexpr uint64_t kLimit = 10000000;

// One acknowledged message, as the child reports it through the pipe.
struct Acknowledged {
  uint32_t user = 0;
  uint32_t number = 0;
};

// Never returns: asks, counts what is under way, reports every ok, until somebody kills it.
[[noreturn]] void store_until_killed(const std::string& path, int pipe) {
  std::mutex mutex;
  std::condition_variable less;
  int under_way = 0;
  const auto deliver = [&](engine::ShardId shard, engine::QuestionPtr question) {
    const auto& answer = static_cast<const im::StoreRequest&>(*question);
    if (answer.status == StoreStatus::ok) {
      const Acknowledged report{shard, static_cast<uint32_t>(std::stoul(answer.text))};
      if (::write(pipe, &report, sizeof report) != sizeof report) ::_exit(1);
    }
    const std::lock_guard lock(mutex);
    --under_way;
    less.notify_one();
  };
  auto opened = store::Store::open(options_at(path), deliver);
  if (!opened) ::_exit(2);
  for (uint32_t number = 0;; ++number) {
    for (uint32_t user = 0; user < std::size(kUsers); ++user) {
      auto asked = request(StoreKind::append_offline, kUsers[user], std::to_string(number), kLimit);
      asked->asked_by = static_cast<engine::ShardId>(user);
      {
        std::unique_lock lock(mutex);
        less.wait(lock, [&] { return under_way < 64; });
        ++under_way;
      }
      (*opened)->ask(std::move(asked));
    }
  }
}

// Runs the child until it has reported `reports`, kills it, and returns all that it reported.
std::vector<Acknowledged> run_and_kill(const std::string& path, size_t reports) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    store_until_killed(path, pipe[1]);
  }
  ::close(pipe[1]);
  std::vector<Acknowledged> all;
  Acknowledged one;
  while (::read(pipe[0], &one, sizeof one) == sizeof one) {
    all.push_back(one);
    if (all.size() == reports) {
      EXPECT_EQ(::kill(child, SIGKILL), 0);
    }
  }
  int how = 0;
  EXPECT_EQ(::waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFSIGNALED(how));
  ::close(pipe[0]);
  return all;
}

TEST(Crash, EverythingAnsweredOkIsThereAfterAKill) {
  for (const size_t reports : {size_t{1}, size_t{40}, size_t{333}, size_t{1500}}) {
    const Folder folder;
    const std::string path = folder / "crash.db";
    {
      auto store = open(options_at(path));
      for (const base::Bytes user : kUsers) {
        auto create = request(StoreKind::create_account, user, "password");
        store->call(*create);
        ASSERT_EQ(create->status, StoreStatus::ok);
      }
    }
    const std::vector<Acknowledged> reported = run_and_kill(path, reports);
    ASSERT_GE(reported.size(), reports);
    auto store = open(options_at(path));
    for (uint32_t user = 0; user < std::size(kUsers); ++user) {
      auto load = request(StoreKind::load_offline, kUsers[user]);
      load->count = UINT32_MAX;
      store->call(*load);
      ASSERT_EQ(load->status, StoreStatus::ok);
      // In order and without a gap, which makes it enough to look at the last one reported.
      for (size_t i = 0; i < load->offline.size(); ++i) {
        ASSERT_EQ(load->offline[i].stanza, std::to_string(i));
      }
      for (const Acknowledged& one : reported) {
        if (one.user == user) {
          ASSERT_LT(one.number, load->offline.size()) << "acknowledged and lost";
        }
      }
    }
  }
}

}  // namespace
