// Reactor::commit() on real files, on both backends.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "engine/io/commit_thread.h"
#include "engine/io/reactor.h"
#include "tests/engine/io/backends.h"

namespace test {

class Commits : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    engine::ReactorLimits limits;
    limits.direct_descriptors = direct_descriptors(GetParam());
    auto made = engine::make_reactor(kind_of(GetParam()), limits);
    ASSERT_TRUE(static_cast<bool>(made)) << made.error().what;
    reactor_ = std::move(made->reactor);
    char path[] = "/tmp/commit_test_XXXXXX";
    file_ = ::mkstemp(path);
    ASSERT_GE(file_, 0);
    ::unlink(path);
  }
  void TearDown() override {
    reactor_.reset();
    ::close(file_);
  }
  engine::Completion wait() {
    const base::Instant end = reactor_->now() + base::Duration::seconds(10);
    while (reactor_->now() < end) {
      reactor_->submit_and_wait(end);
      for (const engine::Completion& completion : reactor_->reap()) {
        if (completion.operation == engine::Operation::commit) return completion;
      }
    }
    ADD_FAILURE() << "no completion";
    return {};
  }
  std::string content() const {
    struct stat facts {};
    ::fstat(file_, &facts);
    std::string bytes(static_cast<size_t>(facts.st_size), '\0');
    EXPECT_EQ(::pread(file_, bytes.data(), bytes.size(), 0), facts.st_size);
    return bytes;
  }
  static iovec piece(std::string& bytes) { return {bytes.data(), bytes.size()}; }

  std::unique_ptr<engine::Reactor> reactor_;
  int file_ = -1;
};

TEST_P(Commits, PiecesArriveAtTheirOffsetSyncedOrNot) {
  std::string a = "first ";
  std::string b = "second";
  const std::vector<iovec> pieces{piece(a), piece(b)};
  for (const bool sync : {true, false}) {
    reactor_->commit(file_, pieces, 100, sync, 77);
    const engine::Completion done = wait();
    EXPECT_EQ(done.result, 0);
    EXPECT_EQ(done.user_data, 77u);
    EXPECT_EQ(content(), std::string(100, '\0') + a + b);
    a[0] = 'F';
  }
}

TEST_P(Commits, OneAfterTheOther) {
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    std::string bytes(1 + i * 97 % 5000, static_cast<char>('a' + i % 26));
    const iovec one = piece(bytes);
    reactor_->commit(file_, {&one, 1}, expected.size(), i % 3 != 0, 1);
    expected += bytes;
    ASSERT_EQ(wait().result, 0);
  }
  EXPECT_EQ(content(), expected);
}

TEST_P(Commits, AFailedWriteIsToldWithItsReason) {
  std::string bytes = "x";
  const iovec one = piece(bytes);
  const int read_only = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  reactor_->commit(read_only, {&one, 1}, 0, true, 5);
  const engine::Completion done = wait();
  EXPECT_EQ(done.result, -EBADF);
  EXPECT_EQ(done.user_data, 5u);
  ::close(read_only);
  // The next one is not affected.
  reactor_->commit(file_, {&one, 1}, 0, true, 6);
  EXPECT_EQ(wait().result, 0);
}

TEST_P(Commits, AFailedSyncIsToldWithItsReason) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  std::string bytes = "x";
  const iovec one = piece(bytes);
  // A pipe takes no offset on one backend, and cannot be synced on either.
  reactor_->commit(pipe[1], {&one, 1}, 0, true, 5);
  EXPECT_LT(wait().result, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

// A file may grow to a limit only: the first write is short, what is left of it fails.
TEST_P(Commits, AShortWriteIsContinuedAndItsErrorTold) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{10'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::string bytes(20'000, 'x');
  const iovec one = piece(bytes);
  reactor_->commit(file_, {&one, 1}, 0, true, 5);
  EXPECT_EQ(wait().result, -EFBIG);
  EXPECT_EQ(content(), std::string(10'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, old_handler);
  reactor_->commit(file_, {&one, 1}, 0, true, 6);
  EXPECT_EQ(wait().result, 0);
  EXPECT_EQ(content(), bytes);
}

TEST(CommitPieces, WhatWasWrittenComesOffTheFront) {
  std::string a = "abc";
  std::string b = "de";
  std::string c = "fghi";
  const std::string all = a + b + c;
  for (size_t written = 0; written <= all.size(); ++written) {
    std::vector<iovec> pieces{{a.data(), a.size()}, {b.data(), b.size()}, {c.data(), c.size()}};
    engine::advance(pieces, written);
    std::string left;
    for (const iovec& one : pieces) left.append(static_cast<char*>(one.iov_base), one.iov_len);
    EXPECT_EQ(left, all.substr(written));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Commits, all_backends(), backend_name);

}  // namespace test
