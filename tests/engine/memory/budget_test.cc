#include "engine/memory/budget.h"

#include <gtest/gtest.h>

#include "engine/net/connection.h"
#include "engine/net/send_queue.h"
#include "engine/trace/ring.h"

namespace memory {
namespace {

// The sizes that pools.def states must not be smaller than what the types really are.
static_assert(sizeof(engine::Connection) <= bytes_each(Pool::connections));
static_assert(sizeof(engine::SendChunk) <= bytes_each(Pool::send_chunks));
static_assert(sizeof(engine::Envelope*) <= bytes_each(Pool::mailbox_slots));
static_assert(trace::Ring::kBytes <= bytes_each(Pool::trace_rings));

constexpr Demand k25k{25000, 37500, 6, uint64_t{18} << 30};

TEST(Budget, TheSumOfItsLinesIsTheWhole) {
  const Budget budget = Budget::per_shard(k25k);
  uint64_t sum = 0;
  uint64_t connections = 0;
  for (const BudgetLine& line : budget.lines()) {
    EXPECT_GT(line.count, 0u) << line.reason;
    EXPECT_NE("", std::string(line.reason));
    sum += line.count * bytes_each(line.pool);
    connections += line.pool == Pool::connections ? line.count : 0;
  }
  EXPECT_EQ(sum, budget.bytes());
  EXPECT_EQ(connections, budget.count(Pool::connections));
}

TEST(Budget, HasRoomForThreeTimesTheClientsHoweverTheyHash) {
  const Budget budget = Budget::per_shard(k25k);
  EXPECT_GE(budget.count(Pool::connections) * 6, 3u * 37500u * 9 / 8);
  EXPECT_GE(budget.count(Pool::tls_sessions), budget.count(Pool::connections));
}

TEST(Budget, SharesAreRoundedUp) {
  const Budget one = Budget::per_shard({1, 1, 3, uint64_t{1} << 30});
  EXPECT_GE(one.count(Pool::users), 1u);
  EXPECT_GT(one.count(Pool::connections), Budget::kHandshakes);
}

TEST(Budget, ASmallMachineGetsSmallSendQueues) {
  const Budget large = Budget::per_shard({5000, 7500, 2, uint64_t{16} << 30});
  const Budget small = Budget::per_shard({5000, 7500, 2, uint64_t{1} << 30});
  const auto bytes = [](const Budget& budget) {
    return budget.count(Pool::send_chunks) * 4096 + budget.count(Pool::datagrams_queued) * 1024;
  };
  EXPECT_EQ(Budget::kSendBytesMax, bytes(large));
  EXPECT_EQ((uint64_t{1} << 30) / 8 / 2, bytes(small));
  EXPECT_EQ(bytes(small) / 8, small.count(Pool::datagrams_queued) * 1024);
}

TEST(Budget, ASmallMachineReceivesFewDatagramsATurn) {
  const Budget large = Budget::per_shard({5000, 7500, 2, uint64_t{18} << 30});
  const Budget small = Budget::per_shard({5000, 7500, 2, uint64_t{2} << 30});
  EXPECT_EQ(Budget::kDatagramBuffersMax, large.count(Pool::datagram_buffers));
  EXPECT_EQ(32u, small.count(Pool::datagram_buffers)) << "the reactor wants a power of two";
}

TEST(Budget, NoShardsIsTakenAsOne) {
  EXPECT_EQ(Budget::per_shard({10, 10, 1, 1 << 30}).bytes(), node_bytes({10, 10, 0, 1 << 30}));
}

TEST(Budget, EveryPoolIsPrintedWithItsReason) {
  const Budget budget = Budget::per_shard(k25k);
  base::Sink table;
  append_budget(budget, table);
  for (uint8_t i = 0; i < static_cast<uint8_t>(Pool::kCount); ++i) {
    const auto pool = static_cast<Pool>(i);
    EXPECT_NE(std::string::npos, table.find("\n" + std::string(name(pool)) + " ")) << name(pool);
    EXPECT_FALSE(why_so_big(pool).empty());
    EXPECT_GT(budget.count(pool), 0u) << name(pool);
  }
  EXPECT_NE(std::string::npos, table.find("one shard"));
}

}  // namespace
}  // namespace memory
