// The memory budget of one shard: every pool's size as a sum of lines, each with its reason,
// computed from what the node is to carry before the first byte is read. The node takes its limits
// from here, and `rollcall profiles` shows the same lines to the operator.
// Values; any thread. Sizes in bytes, counts per shard.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace memory {

// What a node is to carry, whole node.
struct Demand {
  uint32_t users = 0;
  uint32_t sessions = 0;  // clients signed in at once
  uint16_t shards = 1;
  uint64_t memory_bytes = 0;
};

enum class Pool : uint8_t {
#define POOL(name, bytes_each, why) name,
#include "engine/memory/pools.def"
#undef POOL
  kCount
};

base::Bytes name(Pool pool);
base::Bytes why_so_big(Pool pool);
constexpr uint64_t bytes_each(Pool pool) {
  constexpr uint64_t kBytes[] = {
#define POOL(name, bytes_each, why) bytes_each,
#include "engine/memory/pools.def"
#undef POOL
  };
  CHECK(pool < Pool::kCount);
  return kBytes[static_cast<size_t>(pool)];
}

struct BudgetLine {
  Pool pool{};
  uint64_t count = 0;
  const char* reason = "";
};

class Budget {
 public:
  static constexpr uint32_t kReceiveBuffers = 4096;
  static constexpr uint64_t kDatagramBuffersMax = 256;
  static constexpr uint32_t kMailboxCapacity = 1024;  // envelopes from one shard to another
  static constexpr uint32_t kHandshakes = 1024;
  static constexpr uint64_t kSendBytesMax = 256u << 20;
  static constexpr uint64_t kUnackedBytes = 64u << 20;
  static constexpr uint64_t kJournalWaitingBytes = 2u << 20;
  static constexpr uint64_t kJournalEntries = 256u << 10;
  static constexpr uint64_t kSipTransactionsMax = 512u << 10;

  static constexpr Budget per_shard(const Demand& demand);

  constexpr uint64_t count(Pool pool) const;
  constexpr uint64_t bytes() const;  // of all pools of this shard
  std::span<const BudgetLine> lines() const { return {lines_, used_}; }

 private:
  static constexpr size_t kLinesMax = 32;
  constexpr void add(Pool pool, uint64_t count, const char* reason) {
    CHECK(used_ < kLinesMax && pool < Pool::kCount);
    CHECK(reason != nullptr && *reason != '\0');
    lines_[used_++] = {pool, count, reason};
  }
  BudgetLine lines_[kLinesMax] = {};
  size_t used_ = 0;
};

constexpr Budget Budget::per_shard(const Demand& demand) {
  Budget b;
  const uint64_t shards = std::max<uint64_t>(1, demand.shards);
  const auto share = [shards](uint64_t whole) { return (whole + shards - 1) / shards; };
  const uint64_t sessions = share(uint64_t{3} * demand.sessions);
  const uint64_t send_bytes = std::min(kSendBytesMax, share(demand.memory_bytes / 8));
  const uint64_t datagram_bytes = send_bytes / 8;

  const uint64_t sip_each = bytes_each(Pool::sip_transactions) + bytes_each(Pool::sip_answers);
  const uint64_t sip_transactions =
      std::min(kSipTransactionsMax, share(demand.memory_bytes / 64) / sip_each);

  b.add(Pool::connections, sessions, "clients, three times what the profile promises");
  b.add(Pool::connections, sessions / 8, "hashing is not fair: one shard may own 12 % more");
  b.add(Pool::connections, kHandshakes, "not signed in yet: any shard accepts, then hands over");
  b.add(Pool::connections, 64, "health checks, other servers");
  b.add(Pool::tls_sessions, b.count(Pool::connections), "every connection may be encrypted");
  b.add(Pool::handshakes, kHandshakes, "beyond it the oldest unfinished one is closed");
  b.add(Pool::peers, b.count(Pool::connections), "every connection speaks some protocol");
  b.add(Pool::users, share(demand.users), "each user may be signed in");
  b.add(Pool::users, share(demand.users) / 8, "hashing is not fair");
  b.add(Pool::receive_buffers, kReceiveBuffers, "only connections that talk hold one, for a turn");
  b.add(Pool::datagram_buffers,
        std::bit_floor(std::clamp<uint64_t>(
            share(demand.memory_bytes / 256) / bytes_each(Pool::datagram_buffers), 1,
            kDatagramBuffersMax)),
        "taken in one turn, a power of two; the others wait in the kernel");
  b.add(Pool::datagrams_queued, datagram_bytes / bytes_each(Pool::datagrams_queued),
        "an eighth of what waits to leave; then the newest is dropped");
  b.add(Pool::send_chunks, (send_bytes - datagram_bytes) / bytes_each(Pool::send_chunks),
        "an eighth of the memory, 256 MiB a shard at most, with the datagrams; then the longest "
        "queue is closed");
  b.add(Pool::mailbox_slots, kMailboxCapacity * shards, "mailbox depth, from every shard");
  b.add(Pool::envelopes, kMailboxCapacity * shards, "every mailbox full");
  b.add(Pool::unacked, kUnackedBytes / bytes_each(Pool::unacked),
        "beyond it the sessions that hold much end, and what they hold is stored");
  b.add(Pool::journal_groups, kJournalWaitingBytes / bytes_each(Pool::journal_groups),
        "waits for the disk; beyond it sockets are not read");
  b.add(Pool::journal_groups, 4, "in flight, spare, and what is not in a group yet");
  b.add(Pool::journal_groups, 8, "a segment of usual size that is being emptied");
  b.add(Pool::journal_entries, kJournalEntries, "half of the journal's usual size, undelivered");
  b.add(Pool::sip_transactions, sip_transactions,
        "a 64th of the memory, with their answers; 32 s each over UDP, or 4 s if there are many");
  b.add(Pool::sip_answers, sip_transactions, "each may be asked for again; then 503");
  b.add(Pool::sip_requests, sip_transactions / 8, "of ours; beyond it they are not sent");
  b.add(Pool::sip_unfinished, sip_transactions / 128,
        "beginnings of messages; beyond it the connection whose grows is closed");
  b.add(Pool::sip_subscriptions,
        share(demand.memory_bytes / 128) / bytes_each(Pool::sip_subscriptions),
        "a 128th of the memory; beyond it 503");
  b.add(Pool::trace_rings, 1, "one a thread");
  CHECK(b.count(Pool::connections) > kHandshakes && b.count(Pool::envelopes) > 0);
  CHECK(b.count(Pool::peers) == b.count(Pool::connections));
  CHECK(b.count(Pool::send_chunks) * bytes_each(Pool::send_chunks) <= kSendBytesMax);
  return b;
}

constexpr uint64_t Budget::count(Pool pool) const {
  CHECK(pool < Pool::kCount);
  uint64_t sum = 0;
  for (size_t i = 0; i < used_; ++i) sum += lines_[i].pool == pool ? lines_[i].count : 0;
  return sum;
}

constexpr uint64_t Budget::bytes() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < used_; ++i) {
    const uint64_t each = bytes_each(lines_[i].pool);
    CHECK(each > 0 && lines_[i].count <= (UINT64_MAX - sum) / each);
    sum += lines_[i].count * each;
  }
  return sum;
}

// Our own memory on all shards; the kernel's socket memory and the store's caches come on top.
constexpr uint64_t node_bytes(const Demand& demand) {
  return Budget::per_shard(demand).bytes() * std::max<uint64_t>(1, demand.shards);
}

// The sizes a node comes in (appliance/profile/profiles.def) leave three quarters of the memory to
// the kernel, the store and the page cache.
static_assert(node_bytes({5000, 7500, 2, uint64_t{10} << 30}) < (uint64_t{10} << 30) / 4);
static_assert(node_bytes({15000, 22500, 4, uint64_t{14} << 30}) < (uint64_t{14} << 30) / 4);
static_assert(node_bytes({25000, 37500, 6, uint64_t{18} << 30}) < (uint64_t{18} << 30) / 4);
// The same users in a much smaller machine (FEATURES N1, N2): half of it at the most, with three
// times the clients.
static_assert(node_bytes({25000, 37500, 2, uint64_t{4} << 30}) < (uint64_t{4} << 30) / 2);
static_assert(node_bytes({15000, 22500, 2, uint64_t{2} << 30}) < (uint64_t{2} << 30) / 2);

// Appends the lines as a table: pool, count, bytes each, bytes, reason; then the sum.
void append_budget(const Budget& budget, base::Sink& out);

}  // namespace memory
