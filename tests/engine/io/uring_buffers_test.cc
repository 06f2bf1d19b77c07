// Buffers that a ring chooses from, with a bare ring and a pair of sockets.
#include "engine/io/uring_buffers.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string>

namespace engine {
namespace {

constexpr uint16_t kGroup = 5;
constexpr uint32_t kCount = 4;

class UringBuffersTest : public testing::Test {
 protected:
  void SetUp() override {
    if (io_uring_queue_init(8, &ring_, 0) != 0) GTEST_SKIP() << "no io_uring here";
    made_ = true;
    ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends_));
    ASSERT_EQ(0, buffers_.set_up(ring_, kGroup, kCount, 64, false));
  }
  void TearDown() override {
    if (!made_) return;
    io_uring_queue_exit(&ring_);
    for (const int end : ends_) ::close(end);
  }

  // Sends `text` and receives it into a buffer of the ring's choice; the result.
  int receive(const std::string& text) {
    EXPECT_EQ(static_cast<ssize_t>(text.size()), ::send(ends_[0], text.data(), text.size(), 0));
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    io_uring_prep_recv(entry, ends_[1], nullptr, 64, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = kGroup;
    io_uring_submit(&ring_);
    io_uring_cqe* done = nullptr;
    if (io_uring_wait_cqe(&ring_, &done) != 0) return -1;
    const int result = done->res;
    if ((done->flags & IORING_CQE_F_BUFFER) != 0) {
      last_ = buffers_.lend(static_cast<uint16_t>(done->flags >> IORING_CQE_BUFFER_SHIFT));
    } else {
      char drained[64];  // it waits in the socket: out with it
      EXPECT_GT(::recv(ends_[1], drained, sizeof drained, MSG_DONTWAIT), 0);
    }
    io_uring_cqe_seen(&ring_, done);
    return result;
  }

  io_uring ring_{};
  bool made_ = false;
  int ends_[2] = {-1, -1};
  UringBuffers buffers_;
  const char* last_ = nullptr;
};

TEST_F(UringBuffersTest, EachIsLentOnceAndAllComeBackTogether) {
  for (int round = 0; round < 3; ++round) {
    std::set<const char*> lent;
    for (uint32_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(5, receive("hello"));
      EXPECT_EQ("hello", std::string(last_, 5));
      lent.insert(last_);
    }
    EXPECT_EQ(kCount, lent.size());
    EXPECT_EQ(-ENOBUFS, receive("nothing left"));
    buffers_.give_back();
  }
}

TEST_F(UringBuffersTest, WhatCameEarlyIsKeptThroughOneGivingBack) {
  ASSERT_EQ(4, receive("late"));
  buffers_.swap_early();
  ASSERT_EQ(5, receive("early"));
  const char* early = last_;
  buffers_.swap_early();
  buffers_.give_back();
  buffers_.swap_early();
  for (uint32_t i = 1; i < kCount; ++i) {
    ASSERT_EQ(1, receive("x"));
    EXPECT_NE(early, last_);
  }
  EXPECT_EQ("early", std::string(early, 5));
  EXPECT_EQ(-ENOBUFS, receive("nothing left"));
}

}  // namespace
}  // namespace engine
