#include "engine/net/send_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/random.h"

namespace engine {
namespace {

std::string gathered(const SendQueue& queue) {
  iovec pieces[1024];
  const size_t count = queue.gather(pieces, 1024);
  std::string all;
  for (size_t i = 0; i < count; ++i) {
    all.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return all;
}

TEST(SendQueue, DoesWhatAStringDoes) {
  base::Prng random(3);
  ChunkPool pool(4);
  SendQueue queue;
  std::string model;
  for (int step = 0; step < 5000; ++step) {
    if (random.below(2) == 0 && model.size() < 200'000) {
      const std::string bytes(random.below(9000), static_cast<char>('a' + step % 26));
      queue.append(bytes, pool);
      model += bytes;
    } else {
      const auto gone = static_cast<uint32_t>(random.below(model.size() + 1));
      queue.consume(gone, pool);
      model.erase(0, gone);
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(gathered(queue), model);
  }
}

TEST(SendQueue, AnEmptyOneHoldsNoChunk) {
  ChunkPool pool;
  SendQueue queue;
  queue.append("hello", pool);
  queue.consume(5, pool);
  EXPECT_TRUE(queue.front().empty());
  iovec piece;
  EXPECT_EQ(queue.gather(&piece, 1), 0u);
}

TEST(SendQueue, GathersNoMoreThanAsked) {
  ChunkPool pool;
  SendQueue queue;
  queue.append(std::string(50'000, 'x'), pool);
  iovec pieces[2];
  EXPECT_EQ(queue.gather(pieces, 2), 2u);
  EXPECT_EQ(pieces[0].iov_len, size_t{SendChunk::kBytes});
}

TEST(SendQueue, MovesWithoutItsPool) {
  ChunkPool pool;
  ChunkPool other;
  SendQueue queue;
  queue.append("travels", pool);
  SendQueue moved(std::move(queue));
  EXPECT_EQ(gathered(moved), "travels");
  moved.clear(other);
  EXPECT_TRUE(moved.empty());
}

}  // namespace
}  // namespace engine
