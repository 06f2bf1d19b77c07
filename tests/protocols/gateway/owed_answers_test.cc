#include "protocols/gateway/owed_answers.h"

#include <gtest/gtest.h>

#include "engine/shard/wheel.h"
#include "protocols/im/journal_entry.h"
#include "tests/support/memory_log.h"

namespace gateway {
namespace {

// Answers are sent to a shard that is not this one, so that each is a letter.
struct World {
  World() {
    auto options = std::make_shared<sip::Options>();
    service = std::make_unique<sip::Service>(0, options, node, random);
    owed = std::make_unique<OwedAnswers>(*service);
    log.hold();
  }
  engine::Turn turn() { return {now, {}, 0, out, wheel, log, random}; }
  void add(uint64_t number, bool stores) {
    const im::MessageId id{number, 0};
    log.put(im::message_key(id), "message");
    engine::Turn here = turn();
    owed->add({{{}, 1},
               "SIP/2.0 202 Accepted\r\nCall-ID: c\r\n\r\n",
               id,
               "carol@sip.example",
               std::to_string(number)},
              stores, here);
  }
  void discharge(uint64_t number) { log.erase(im::message_key({number, 0})); }
  void commit() {
    log.commit();
    engine::Turn here = turn();
    owed->on_committed(here);
  }
  bool refuse(uint64_t number, base::Bytes from = "carol@sip.example") {
    engine::Turn here = turn();
    return owed->refuse(from, std::to_string(number), 403, here);
  }
  void advance(base::Duration by) {
    now = now + by;
    wheel.advance(now);
    while (engine::Timer* timer = wheel.pop_due()) {
      engine::Turn here = turn();
      timer->fire(here);
    }
  }
  std::string answers() {
    std::string text;
    for (const engine::Effect& effect : out.effects()) {
      const engine::EnvelopePtr mail = out.take_mail(effect);
      const std::string bytes(mail->payload());
      const size_t at = bytes.find("SIP/2.0 ");
      text += bytes.substr(at + 8, bytes.find("\r\n", at) - at - 8) + ";";
    }
    out.clear();
    return text;
  }

  base::Instant now{base::Duration::seconds(1000).ns};
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{1};
  sip::Node node;
  std::unique_ptr<sip::Service> service;
  std::unique_ptr<OwedAnswers> owed;
};

TEST(OwedAnswers, LeaveWithTheCommit) {
  World world;
  world.add(1, false);
  world.add(2, false);
  EXPECT_EQ(world.answers(), "");
  world.commit();
  EXPECT_EQ(world.answers(), "202 Accepted;202 Accepted;");
}

TEST(OwedAnswers, OfWhatIsStoredLeaveInOrderWhenItIs) {
  World world;
  world.add(1, true);
  world.add(2, true);
  world.commit();
  world.discharge(2);
  world.commit();
  EXPECT_EQ(world.answers(), "");
  world.discharge(1);
  world.commit();
  EXPECT_EQ(world.answers(), "202 Accepted;202 Accepted;");
}

TEST(OwedAnswers, SayThatTheStoreRefusedAndOnlyOnce) {
  World world;
  world.add(1, true);
  EXPECT_FALSE(world.refuse(1, "dave@sip.example"));
  EXPECT_FALSE(world.refuse(2));
  EXPECT_TRUE(world.refuse(1));
  EXPECT_EQ(world.answers(), "403 Forbidden;");
  EXPECT_FALSE(world.refuse(1));
  world.commit();
  world.advance(base::Duration::seconds(20));
  EXPECT_EQ(world.answers(), "");
}

TEST(OwedAnswers, DoNotWaitForTheStoreForEverButForTheDisk) {
  World world;
  world.add(1, true);
  world.commit();
  world.advance(base::Duration::seconds(5));
  world.add(2, true);
  world.advance(base::Duration::seconds(6));
  EXPECT_EQ(world.answers(), "202 Accepted;");
  world.advance(base::Duration::seconds(6));
  EXPECT_EQ(world.answers(), "");
  world.commit();
  EXPECT_EQ(world.answers(), "202 Accepted;");
}

TEST(OwedAnswers, ThoseThatWaitForTheStoreAreBounded) {
  World world;
  for (uint64_t i = 1; i <= OwedAnswers::kWaitingMax; ++i) {
    EXPECT_FALSE(world.owed->full());
    world.add(i, true);
  }
  EXPECT_TRUE(world.owed->full());
  EXPECT_TRUE(world.refuse(7));
  EXPECT_FALSE(world.owed->full());
}

}  // namespace
}  // namespace gateway
