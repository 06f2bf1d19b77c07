// What the journal costs a shard: an obligation entered and discharged (350 bytes, as a chat
// message packs), with the group's closing, and without the disk, which is the kernel's part. The
// counter `allocations` is of the heap, per item; in the long run there should be none.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "engine/base/crc32c.h"
#include "engine/journal/shard_journal.h"

static uint64_t g_allocations = 0;

void* operator new(size_t bytes) {
  ++g_allocations;
  return std::malloc(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace {

// A disk that is always done at once.
class NoDisk final : public engine::Reactor, public journal::SegmentSupply {
 public:
  void commit(int, std::span<const iovec>, uint64_t, bool, uint64_t) override { asked = true; }
  bool asked = false;

  void prepare(uint64_t segment) override { prepared_ = segment; }
  void read_back(uint64_t, int) override { std::abort(); }  // nothing lives long here
  void release(uint64_t, int) override {}
  std::optional<journal::SupplyAnswer> answer() override {
    if (prepared_ == 0) return std::nullopt;
    journal::SupplyAnswer answer;
    answer.segment = std::exchange(prepared_, 0);
    answer.file = 1;
    return answer;
  }

  base::Result<int> listen(const engine::ListenAddress&) override { return base::Error{"none"}; }
  uint16_t local_port(int) override { return 0; }
  void remote_address(int, base::Sink&, uint16_t&) override {}
  void arm_accept(int, uint64_t) override {}
  void arm_receive(int, uint64_t) override {}
  void cancel(engine::Operation, uint64_t) override {}
  void send(int, std::span<const iovec>, uint64_t) override {}
  void close(int) override {}
  void shut_down_writes(int) override {}
  void submit_and_wait(base::Instant) override {}
  std::span<const engine::Completion> reap() override { return {}; }
  base::Instant now() override { return {}; }
  base::WallTime wall() override { return {}; }
  void wake() override {}
  const char* name() const override { return "none"; }

 private:
  uint64_t prepared_ = 0;
};

struct Ignored final : journal::DiskFailure {
  void journal_failed(const std::string&) override { std::abort(); }
};

struct Bench {
  Bench() {
    options.bytes_max = 1 << 30;
    log = {1, 0, 7, options.segment_bytes};
    journal = std::make_unique<journal::ShardJournal>(log, options, ignored);
    journal->attach(disk, disk);
    turn();
    turn();
  }
  void turn() {
    journal->flush({1});
    if (!std::exchange(disk.asked, false)) return;
    journal->on_completion({.operation = engine::Operation::commit});
  }
  journal::JournalOptions options;
  journal::LogIdentity log;
  NoDisk disk;
  Ignored ignored;
  std::unique_ptr<journal::ShardJournal> journal;
};

void put(benchmark::State& state) {
  Bench bench;
  const std::string message(350, 'm');
  uint64_t id = 0;
  uint64_t live = 0;
  for (auto _ : state) {
    bench.journal->put({1, ++id}, message);
    if (++live < 1000) continue;
    state.PauseTiming();
    for (; live > 0; --live) bench.journal->erase({1, id - live + 1});
    bench.turn();
    state.ResumeTiming();
  }
}
BENCHMARK(put);

// As a busy turn: range(0) messages enter, the ones before leave, one commit.
void put_note_and_erase(benchmark::State& state) {
  Bench bench;
  const std::string message(350, 'm');
  const auto count = static_cast<uint64_t>(state.range(0));
  uint64_t id = 0;
  for (int warm = 0; warm < 100; ++warm) {
    for (uint64_t i = 0; i < count; ++i) bench.journal->put({1, ++id}, message);
    for (uint64_t i = 0; i < count; ++i) bench.journal->erase({1, id - i});
    bench.turn();
  }
  const uint64_t before = g_allocations;
  for (auto _ : state) {
    for (uint64_t i = 0; i < count; ++i) bench.journal->put({1, ++id}, message);
    for (uint64_t i = 0; i < count; ++i) bench.journal->note({1, id - i}, "0123456789abcdef");
    for (uint64_t i = 0; i < count; ++i) bench.journal->erase({1, id - i});
    bench.turn();
  }
  const auto items = static_cast<double>(state.iterations()) * static_cast<double>(count);
  state.SetItemsProcessed(static_cast<int64_t>(items));
  state.counters["allocations"] = static_cast<double>(g_allocations - before) / items;
}
BENCHMARK(put_note_and_erase)->Arg(1)->Arg(16)->Arg(256);

void put_and_erase(benchmark::State& state) {
  Bench bench;
  const std::string message(350, 'm');
  const auto count = static_cast<uint64_t>(state.range(0));
  uint64_t id = 0;
  for (auto _ : state) {
    for (uint64_t i = 0; i < count; ++i) bench.journal->put({1, ++id}, message);
    for (uint64_t i = 0; i < count; ++i) bench.journal->erase({1, id - i});
    bench.turn();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(put_and_erase)->Arg(1)->Arg(16)->Arg(256);

void checksum(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'm');
  for (auto _ : state) benchmark::DoNotOptimize(base::crc32c(1, bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(380)->Arg(65536);

}  // namespace

BENCHMARK_MAIN();
