#include "engine/net/datagram_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

const base::SocketAddress kPhone = base::parse_address("192.0.2.7", 5060);
const base::SocketAddress kTrunk = base::parse_address("2001:db8::1", 5060);

TEST(DatagramQueue, WhatIsGivenStaysWhereItIsWhileOthersCome) {
  DatagramQueue queue;
  EXPECT_TRUE(queue.empty());
  queue.append(kPhone, "one");
  queue.append(kTrunk, "two");
  const std::span<const DatagramToSend> given = queue.next(10);
  ASSERT_EQ(2u, given.size());
  const char* where = given[0].bytes.data();
  for (int i = 0; i < 10000; ++i) queue.append(kPhone, std::string(100, 'x'));
  EXPECT_EQ(where, given[0].bytes.data());
  EXPECT_EQ("one", given[0].bytes);
  EXPECT_EQ(kPhone, *given[0].to);
  EXPECT_EQ("two", given[1].bytes);
  EXPECT_EQ(kTrunk, *given[1].to);
  const DatagramQueue::Taken taken = queue.taken();
  EXPECT_EQ(2u, taken.datagrams);
  EXPECT_EQ(6u, taken.bytes);
  EXPECT_FALSE(queue.empty());
}

TEST(DatagramQueue, LeavesInOrderAndInSharesUntilItIsEmpty) {
  DatagramQueue queue;
  int appended = 0;
  int left = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 7; ++i) queue.append(kPhone, std::to_string(appended++));
    const std::span<const DatagramToSend> given = queue.next(5);
    EXPECT_LE(given.size(), 5u);
    for (const DatagramToSend& one : given) EXPECT_EQ(std::to_string(left++), one.bytes);
    queue.taken();
  }
  while (!queue.empty()) {
    for (const DatagramToSend& one : queue.next(64)) EXPECT_EQ(std::to_string(left++), one.bytes);
    queue.taken();
  }
  EXPECT_EQ(appended, left);
  EXPECT_TRUE(queue.next(1).empty());
  EXPECT_EQ(0u, queue.taken().datagrams);
}

}  // namespace
}  // namespace engine
