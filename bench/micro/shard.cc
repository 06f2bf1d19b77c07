// What the engine costs a shard between the sockets and a protocol: an envelope to another shard
// and back out of its mailbox, a timer armed, moved and fired, beside as many as a node has.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "engine/shard/mailbox.h"
#include "engine/shard/wheel.h"

namespace {

// One thread plays both shards, so that this is instructions and memory, not the cache line's way
// between two cores. `range(0)` envelopes a turn.
void Mailbox(benchmark::State& state) {
  engine::Mailbox mailbox(1024);
  const auto turn = static_cast<int>(state.range(0));
  while (state.KeepRunningBatch(turn)) {
    for (int i = 0; i < turn; ++i) {
      engine::EnvelopePtr envelope = engine::make_envelope(350);
      envelope->to = 1;
      if (!mailbox.push(envelope)) state.SkipWithError("full");
    }
    mailbox.publish();
    for (int i = 0; i < turn; ++i) benchmark::DoNotOptimize(mailbox.pop());
  }
}

struct Counted final : engine::Timer {
  void fire(engine::Turn&) override {}
};

// What every stanza does to its session's timer: it is armed anew, among `range(0)` others.
void WheelRearm(benchmark::State& state) {
  engine::Wheel wheel(base::Instant{});
  std::vector<Counted> timers(static_cast<size_t>(state.range(0)));
  size_t next = 0;
  for (Counted& timer : timers) {
    wheel.arm(timer, base::Instant{} + base::Duration::milliseconds(60'000 + 7 * int64_t(next++)));
  }
  next = 0;
  for (auto _ : state) {
    wheel.arm(timers[next], base::Instant{} + base::Duration::seconds(90));
    if (++next == timers.size()) next = 0;
  }
}

// Armed, and due at its time: a timer's whole life, a thousand a tick.
void WheelFire(benchmark::State& state) {
  constexpr int kEach = 1000;
  engine::Wheel wheel(base::Instant{});
  std::vector<Counted> timers(kEach);
  base::Instant now;
  while (state.KeepRunningBatch(kEach)) {
    for (Counted& timer : timers) wheel.arm(timer, now + base::Duration::seconds(30));
    now = now + base::Duration::seconds(31);
    wheel.advance(now);
    int due = 0;
    while (wheel.pop_due() != nullptr) ++due;
    if (due != kEach) state.SkipWithError("not all were due");
  }
}

}  // namespace

BENCHMARK(Mailbox)->Arg(1)->Arg(64)->Arg(512);
BENCHMARK(WheelRearm)->Arg(1000)->Arg(40'000);
BENCHMARK(WheelFire);
BENCHMARK_MAIN();
