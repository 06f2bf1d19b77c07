#include "protocols/xml/scan/token_array.h"

#include <gtest/gtest.h>

#include <utility>

namespace xml {
namespace {

TEST(TokenArray, KeepsWhatIsAddedWhileItGrows) {
  TokenArray<uint64_t> array;
  EXPECT_TRUE(array.empty());
  for (uint64_t i = 0; i < 1000; ++i) array.add() = i * i;
  ASSERT_EQ(array.size(), 1000u);
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(array[i], uint64_t{i} * i);
  EXPECT_EQ(array.back(), 999u * 999u);
}

TEST(TokenArray, RoomIsTakenOnlyAsFarAsItWasWritten) {
  TokenArray<uint32_t> array;
  array.add() = 7;
  uint32_t* const room = array.room_for(100);
  room[0] = 8;
  room[1] = 9;
  array.take(room + 2);
  ASSERT_EQ(array.size(), 3u);
  EXPECT_GE(array.capacity(), 101u);
  EXPECT_EQ(array[0] + array[1] + array[2], 24u);
}

TEST(TokenArray, ClearedOrCutItKeepsItsRoom) {
  TokenArray<uint32_t> array;
  for (uint32_t i = 0; i < 100; ++i) array.add() = i;
  const uint32_t capacity = array.capacity();
  array.cut(10);
  EXPECT_EQ(array.size(), 10u);
  array.clear();
  EXPECT_EQ(array.size(), 0u);
  EXPECT_EQ(array.capacity(), capacity);
}

TEST(TokenArray, MovedFromItIsEmpty) {
  TokenArray<uint32_t> array;
  array.add() = 1;
  TokenArray<uint32_t> other = std::move(array);
  EXPECT_EQ(other.size(), 1u);
  EXPECT_EQ(array.size(), 0u);
  array.add() = 2;
  EXPECT_EQ(array[0], 2u);
}

TEST(TokenArrayDeathTest, NothingIsReadBehindItsEnd) {
  TokenArray<uint32_t> array;
  EXPECT_DEATH(array[0], "");
  EXPECT_DEATH(array.back(), "");
  EXPECT_DEATH(array.cut(1), "");
}

}  // namespace
}  // namespace xml
