// One turn, with everything around it made by hand.
#include "engine/shard/shard.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/trace/counters.h"
#include "tests/support/memory_log.h"

namespace engine {
namespace {

// Does nothing but remember; time stands where the test puts it.
class StillReactor final : public Reactor {
 public:
  base::Instant time{base::Duration::seconds(1000).ns};
  base::Instant deadline{};
  int wakes = 0;

  base::Result<int> listen(const ListenAddress&) override { return base::Error{"no"}; }
  uint16_t local_port(int) override { return 0; }
  void remote_address(int, base::Sink&, uint16_t&) override {}
  void arm_accept(int, uint64_t) override {}
  void arm_receive(int, uint64_t) override {}
  void cancel(Operation, uint64_t) override {}
  void send(int, std::span<const iovec>, uint64_t) override {}
  void close(int) override {}
  void shut_down_writes(int) override {}
  void submit_and_wait(base::Instant until) override { deadline = until; }
  std::span<const Completion> reap() override { return {}; }
  base::Instant now() override { return time; }
  base::WallTime wall() override { return {}; }
  void wake() override { ++wakes; }
  const char* name() const override { return "still"; }
};

struct Transported final : Transport {
  std::vector<EffectKind> executed;
  std::vector<std::string> sent;
  bool held = false;
  bool closed = false;
  void begin_turn() override {}
  void on_completion(const Completion&) override {}
  void execute(const Effect& effect, base::Bytes bytes) override {
    executed.push_back(effect.kind);
    if (effect.kind == EffectKind::send) sent.emplace_back(bytes);
  }
  std::vector<std::string> datagrams;
  std::vector<uint64_t> connecting;
  void send_datagram(uint16_t listener, const base::SocketAddress& to, base::Bytes bytes) override {
    executed.push_back(EffectKind::datagram);
    base::Sink text = std::to_string(listener) + " ";
    base::append_address_and_port(to, text);
    datagrams.push_back(text.append(" ").append(bytes));
  }
  void connect(OutgoingConnection what) override {
    executed.push_back(EffectKind::connect);
    connecting.push_back(what.token);
  }
  void flush() override {}
  void hold_reading(bool hold) override { held = hold; }
  bool busy() const override { return false; }
  void stop_accepting() override {}
  void close_all() override { closed = true; }
  bool empty() const override { return closed; }
};

struct Asked final : Question {
  int number = 0;
};

struct Scripted final : Service {
  std::function<void(const Envelope&, Turn&)> mail = [](const Envelope&, Turn&) {};
  int refused = 0;
  int shutdowns = 0;
  std::vector<int> answers;
  std::vector<Journal::Position> committed;
  std::vector<JournalEntry> recovered;
  std::unique_ptr<Peer> accept(const Accepted&, Turn&) override { return nullptr; }
  void on_mail(const Envelope& envelope, Turn& turn) override { mail(envelope, turn); }
  void on_refused(const Envelope&, Turn&) override { ++refused; }
  void on_answer(QuestionPtr answer, Turn&) override {
    answers.push_back(static_cast<Asked&>(*answer).number);
  }
  void on_committed(Turn& turn) override { committed.push_back(turn.journal.committed()); }
  void on_recovered(std::vector<JournalEntry> entries, Turn&) override {
    recovered = std::move(entries);
  }
  void on_shutdown(Turn&) override { ++shutdowns; }
};

struct Store final : Answerer {
  std::vector<QuestionPtr> asked;
  void ask(QuestionPtr question) override { asked.push_back(std::move(question)); }
};

struct Call final : Task {
  explicit Call(std::function<void(Shard&)> what) : call(std::move(what)) {}
  void run(Shard& shard) override { call(shard); }
  std::function<void(Shard&)> call;
};

constexpr ConnectionId kConnection{1, 1};

EnvelopePtr letter(ShardId to, uint64_t key = 0, OverflowPolicy policy = OverflowPolicy::hold) {
  EnvelopePtr envelope = make_envelope(0);
  envelope->to = to;
  envelope->key = key;
  envelope->overflow = policy;
  return envelope;
}

class ShardTest : public testing::Test {
 protected:
  struct One {
    One(ShardId id, ShardTest& test)
        : shard(id, reactor, test.mesh_, test.random_, test.store_, test.options()) {
      shard.attach(service, transport, log, {{{1, 7}, "kept", "note"}});
    }
    StillReactor reactor;
    Scripted service;
    Transported transport;
    tests::MemoryLog log;
    Shard shard;
  };

  static ShardOptions options() {
    ShardOptions made;
    made.envelopes_per_turn = 8;
    made.local_mail_per_turn = 8;
    made.timers_per_turn = 8;
    return made;
  }
  void run(One& one, std::function<void(Shard&)> what) {
    TaskPtr task = std::make_unique<Call>(std::move(what));
    ASSERT_TRUE(mesh_.post(one.shard.id(), task));
    one.shard.turn();
  }

  Mesh mesh_{{.shards = 2, .mailbox_capacity = 16, .tasks_waiting = 4}};
  base::Prng random_{1};
  Store store_;
  One here_{0, *this};
  One there_{1, *this};
};

TEST_F(ShardTest, EffectsAreCarriedOutInOrderWithThoseTheyCause) {
  here_.service.mail = [](const Envelope&, Turn& turn) { turn.out.send(kConnection, "mail"); };
  run(here_, [](Shard& shard) {
    Outbox& out = shard.current().out;
    out.send(kConnection, "one");
    out.start_tls(kConnection);
    out.mail(letter(0));
    out.send(kConnection, "two");
    out.close(kConnection);
  });
  using enum EffectKind;
  const std::vector<EffectKind> expected{send, start_tls, send, close, send};
  EXPECT_EQ(here_.transport.executed, expected);
  EXPECT_EQ(here_.transport.sent, (std::vector<std::string>{"one", "two", "mail"}))
      << "mail to ourselves comes at the end of the same turn";
}

TEST_F(ShardTest, DatagramsAndConnectionsToBeMadeReachTheTransport) {
  run(here_, [](Shard& shard) {
    Outbox& out = shard.current().out;
    const base::SocketAddress phone = base::parse_address("192.0.2.7", 5060);
    out.send_datagram(2, phone, "OPTIONS");
    out.connect(11, {.remote = phone});
    out.send_datagram(3, phone, "NOTIFY");
  });
  using enum EffectKind;
  EXPECT_EQ(here_.transport.executed, (std::vector<EffectKind>{datagram, connect, datagram}));
  EXPECT_EQ(here_.transport.datagrams,
            (std::vector<std::string>{"2 192.0.2.7:5060 OPTIONS", "3 192.0.2.7:5060 NOTIFY"}));
  EXPECT_EQ(here_.transport.connecting, std::vector<uint64_t>{11});
}

TEST_F(ShardTest, WhatWasRecoveredIsHandedOverOnceInTheFirstTurn) {
  here_.shard.turn();
  ASSERT_EQ(here_.service.recovered.size(), 1u);
  EXPECT_EQ(here_.service.recovered[0].key, (JournalKey{1, 7}));
  EXPECT_EQ(here_.service.recovered[0].note, "note");
  here_.service.recovered.clear();
  here_.shard.turn();
  EXPECT_TRUE(here_.service.recovered.empty());
}

TEST_F(ShardTest, ReadingIsHeldWhileTheLogIsBehind) {
  here_.shard.turn();
  EXPECT_FALSE(here_.transport.held);
  here_.log.lags = true;
  here_.shard.turn();
  EXPECT_TRUE(here_.transport.held);
}

TEST_F(ShardTest, WhatWaitedForTheLogGoesOnInTheTurnInWhichItCatchesUp) {
  run(here_, [](Shard& shard) { shard.current().out.mail(letter(1)); });
  there_.log.lags = true;
  there_.shard.turn();
  EXPECT_TRUE(there_.transport.held);
  EXPECT_GT(there_.reactor.deadline, there_.reactor.time);
  there_.log.catches_up = true;
  there_.shard.turn();
  EXPECT_FALSE(there_.transport.held);
  EXPECT_LE(there_.reactor.deadline, there_.reactor.time);  // for the mail: nothing else wakes us
  there_.shard.turn();
  EXPECT_GT(there_.reactor.deadline, there_.reactor.time);
}

TEST_F(ShardTest, MailToAnotherShardWakesItOnceATurn) {
  int got = 0;
  there_.service.mail = [&got](const Envelope& envelope, Turn&) {
    EXPECT_EQ(envelope.from, 0);
    ++got;
  };
  there_.reactor.wakes = 0;
  run(here_, [](Shard& shard) {
    for (int i = 0; i < 5; ++i) shard.current().out.mail(letter(1));
  });
  EXPECT_EQ(there_.reactor.wakes, 1);
  there_.shard.turn();
  EXPECT_EQ(got, 5);
}

TEST_F(ShardTest, MailTakenInATurnIsBoundedAndTheNextTurnComesAtOnce) {
  int got = 0;
  there_.service.mail = [&got](const Envelope&, Turn&) { ++got; };
  run(here_, [](Shard& shard) {
    for (int i = 0; i < 12; ++i) shard.current().out.mail(letter(1));
  });
  there_.shard.turn();
  EXPECT_EQ(got, 8);
  EXPECT_EQ(there_.reactor.deadline, there_.reactor.time);
  there_.shard.turn();
  EXPECT_EQ(got, 12);
  EXPECT_EQ(there_.reactor.deadline, base::Instant::never());
}

TEST_F(ShardTest, TwoThatWriteToThemselvesForEverDoNotStopTheTurn) {
  here_.service.mail = [](const Envelope&, Turn& turn) { turn.out.mail(letter(0)); };
  run(here_, [](Shard& shard) { shard.current().out.mail(letter(0)); });
  EXPECT_EQ(here_.reactor.deadline, here_.reactor.time) << "goes on in the next turn";
  here_.service.mail = [](const Envelope&, Turn&) {};
  here_.shard.turn();
}

TEST_F(ShardTest, AFullMailboxHoldsReadingUntilTheReaderHasMadeRoomAndWokenUs) {
  run(here_, [](Shard& shard) {
    for (int i = 0; i < 20; ++i) shard.current().out.mail(letter(1));
    shard.current().out.mail(letter(1, 0, OverflowPolicy::refuse));
  });
  EXPECT_TRUE(here_.transport.held);
  EXPECT_EQ(here_.service.refused, 1);
  here_.reactor.wakes = 0;
  there_.shard.turn();
  EXPECT_EQ(here_.reactor.wakes, 1) << "there is room: the writer is told";
  here_.shard.turn();
  EXPECT_FALSE(here_.transport.held);
}

TEST_F(ShardTest, AnswersComeHome) {
  run(there_, [](Shard& shard) {
    for (int i = 0; i < 3; ++i) {
      auto question = std::make_unique<Asked>();
      question->number = i;
      shard.current().out.ask(std::move(question));
    }
  });
  ASSERT_EQ(store_.asked.size(), 3u);
  there_.reactor.wakes = 0;
  for (QuestionPtr& question : store_.asked) {
    EXPECT_EQ(question->asked_by, 1);
    mesh_.answer(std::move(question));
  }
  EXPECT_GT(there_.reactor.wakes, 0);
  there_.shard.turn();
  EXPECT_EQ(there_.service.answers, (std::vector<int>{0, 1, 2}));
}

TEST_F(ShardTest, TasksBeyondTheirLimitStayWithTheCaller) {
  for (int i = 0; i < 4; ++i) {
    TaskPtr task = std::make_unique<Call>([](Shard&) {});
    EXPECT_TRUE(mesh_.post(0, task));
  }
  TaskPtr task = std::make_unique<Call>([](Shard&) {});
  EXPECT_FALSE(mesh_.post(0, task));
  EXPECT_NE(task, nullptr);
  here_.shard.turn();
  EXPECT_TRUE(mesh_.post(0, task));
}

struct Rings final : Timer {
  explicit Rings(int& where) : count(where) {}
  void fire(Turn& turn) override {
    ++count;
    turn.out.send(kConnection, "ring");
  }
  int& count;
};

TEST_F(ShardTest, SleepsUntilItsFirstTimerAndFiresABoundedNumber) {
  int fired = 0;
  std::vector<std::unique_ptr<Rings>> timers;
  const base::Instant when = here_.reactor.time + base::Duration::seconds(5);
  for (int i = 0; i < 10; ++i) {
    timers.push_back(std::make_unique<Rings>(fired));
    here_.shard.wheel().arm(*timers.back(), when);
  }
  here_.shard.turn();
  EXPECT_LE(here_.reactor.deadline, when + base::Duration{Wheel::kTickNs});
  EXPECT_GT(here_.reactor.deadline, here_.reactor.time);
  here_.reactor.time = when + base::Duration{Wheel::kTickNs};
  here_.shard.turn();
  EXPECT_EQ(fired, 8);
  here_.shard.turn();
  EXPECT_EQ(fired, 10);
  EXPECT_EQ(here_.transport.sent.size(), 10u);
}

TEST_F(ShardTest, DrainSaysGoodbyeOnceAndClosesWhatIsLeftInTheEnd) {
  const auto drain = [](Shard& shard) { shard.drain(base::Duration::seconds(5)); };
  run(here_, drain);
  run(here_, drain);
  EXPECT_EQ(here_.service.shutdowns, 1);
  EXPECT_FALSE(here_.shard.drained());
  here_.reactor.time = here_.reactor.time + base::Duration::seconds(6);
  here_.shard.turn();
  EXPECT_TRUE(here_.transport.closed);
  EXPECT_TRUE(here_.shard.drained());
}

}  // namespace
}  // namespace engine
