#include "engine/journal/nursery.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"
#include "tests/engine/journal/fixture.h"

namespace test {

using journal::Nursery;
using journal::RecordType;

struct Expected {
  Nursery::Reference reference = 0;
  uint64_t id = 0;
  std::string bytes;
};

// Those that leave are the ones that are expected next.
void let_go(Nursery& nursery, Nursery::Reference end, std::deque<Expected>& expected) {
  nursery.let_go(end, [&](Nursery::Reference reference, Nursery::Reference behind) {
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(reference, expected.front().reference);
    EXPECT_EQ(nursery.at(reference).id, expected.front().id);
    EXPECT_EQ(nursery.at(reference).bytes(), expected.front().bytes);
    EXPECT_GT(behind, reference + expected.front().bytes.size());
    EXPECT_LE(behind, nursery.end());
    expected.pop_front();
  });
}

TEST(Nursery, LikeAQueueFromWhichAnythingMayBeDropped) {
  base::Prng random(3);
  Nursery nursery(4096);
  std::deque<Expected> expected;
  Nursery::Reference last = 0;
  for (uint64_t id = 1; id <= 60'000; ++id) {
    const size_t length = random.below(id % 50 == 0 ? 20'000 : 700);
    const std::string bytes(length, static_cast<char>('a' + id % 26));
    while (!nursery.fits(bytes.size())) let_go(nursery, nursery.oldest_quarter(), expected);
    const Nursery::Reference reference = nursery.add(RecordType::put, 1, id, bytes);
    ASSERT_GT(reference, last);
    last = reference;
    expected.push_back({reference, id, bytes});
    // Most go, some stay for long.
    while (expected.size() > 40 && random.below(20) != 0) {
      const auto at = expected.begin() + static_cast<ptrdiff_t>(random.below(30));
      EXPECT_EQ(nursery.at(at->reference).bytes(), at->bytes);
      nursery.drop(at->reference);
      expected.erase(at);
    }
    if (random.below(2'000) == 0) {
      let_go(nursery, nursery.end(), expected);
      EXPECT_TRUE(expected.empty() && nursery.empty());
      EXPECT_EQ(nursery.begin(), nursery.end());
      EXPECT_EQ(nursery.living_bytes(), 0u);
    }
  }
}

TEST(Nursery, OldOnesThatStayMakeRoomByLeaving) {
  Nursery nursery(4096);
  const auto old = nursery.add(RecordType::put, 1, 1, "old");
  const std::string bytes(1000, 'x');
  uint64_t id = 1;
  while (nursery.fits(bytes.size())) {
    nursery.drop(nursery.add(RecordType::put, 1, ++id, bytes));
  }
  EXPECT_GT(id, 1000u);
  std::deque<Expected> expected{{old, 1, "old"}};
  let_go(nursery, nursery.oldest_quarter(), expected);
  EXPECT_TRUE(expected.empty());
  EXPECT_TRUE(nursery.fits(bytes.size()));
  EXPECT_TRUE(nursery.empty());
}

TEST(Nursery, ARecordLongerThanAllOfItHasItForItself) {
  Nursery nursery(4096);
  std::deque<Expected> expected;
  const std::string small = "small";
  const std::string large(3 * Nursery::kBytes, 'l');
  for (uint64_t id = 1; id <= 6; ++id) {
    const std::string& bytes = id % 2 == 0 ? large : small;
    if (!nursery.fits(bytes.size())) {
      EXPECT_FALSE(nursery.empty());
      while (!nursery.fits(bytes.size())) let_go(nursery, nursery.oldest_quarter(), expected);
    }
    expected.push_back({nursery.add(RecordType::put, 1, id, bytes), id, bytes});
  }
  let_go(nursery, nursery.end(), expected);
  EXPECT_TRUE(expected.empty());
}

TEST_F(Journaling, WhatEndsBeforeItsCommitBeginsIsNeverWritten) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "a");
  flush();
  ASSERT_TRUE(reactor.waiting());
  journal->put(key(2), "b");
  journal->note(key(2), "noted");
  journal->note(key(2), "noted again");
  const auto promised = journal->appended();
  journal->erase(key(2));
  EXPECT_FALSE(journal->holds(key(2)));
  flush();
  complete();
  EXPECT_LT(journal->committed(), promised);
  flush();
  EXPECT_FALSE(reactor.waiting());
  EXPECT_GE(journal->committed(), promised);
  EXPECT_LE(journal->deadline(), now);  // there is somebody to be told
  flush();
  EXPECT_GT(journal->deadline(), now);
  EXPECT_EQ(stored(), (Contents{{key(1), "a|"}}));
}

// What was said and not spared, in its order.
struct Said {
  enum class What : uint8_t { put, note, erase };
  What what = What::put;
  uint64_t id = 0;
  std::string bytes;
  uint64_t end = 0;  // what appended() was then
};

// An entry that was born and has ended, from its put on.
void forget(std::vector<Said>& all, uint64_t id) {
  auto born = all.end();
  while (born != all.begin()) {
    --born;
    if (born->id == id && born->what == Said::What::put) break;
  }
  all.erase(std::remove_if(born, all.end(), [id](const Said& one) { return one.id == id; }),
            all.end());
}

// True if some crash after `committed` leaves what was found.
bool explains(const std::vector<Said>& all, uint64_t committed, const Contents& found) {
  Contents contents;
  for (size_t i = 0;; ++i) {
    const bool kept = i == all.size() || all[i].end > committed;
    if (kept && contents == found) return true;
    if (i == all.size()) return false;
    const engine::JournalKey name{1, all[i].id};
    std::string& there = contents[name];
    if (all[i].what == Said::What::put) there = all[i].bytes + "|";
    if (all[i].what == Said::What::note) there.replace(there.find('|') + 1, 99, all[i].bytes);
    if (all[i].what == Said::What::erase) contents.erase(name);
  }
}

TEST_F(Journaling, WhateverIsSparedACrashLeavesWhatWasSaid) {
  base::Prng random(11);
  uint64_t spared = 0;
  for (int round = 0; round < 60; ++round) {
    disk = {};
    ASSERT_TRUE(start()) << why;
    std::vector<Said> all;
    const uint64_t steps = 1 + random.below(800);
    for (uint64_t step = 0; step < steps; ++step) {
      Said said{.id = random.below(12), .bytes = std::string(random.below(60), 'a' + step % 26)};
      const bool there = journal->holds(key(said.id));
      const uint64_t what = random.below(10);
      const auto before = journal->appended();
      if (there && what < 4) {
        said.what = Said::What::erase;
        journal->erase(key(said.id));
      } else if (there && what < 7) {
        said.what = Said::What::note;
        journal->note(key(said.id), said.bytes);
      } else {
        said.bytes.append(random.below(3000), 'p');
        journal->put(key(said.id), said.bytes);
      }
      said.end = journal->appended();
      if (said.end == before) {
        ++spared;
        forget(all, said.id);
      } else {
        all.push_back(said);
      }
      if (random.below(4) == 0) flush();
      if (reactor.waiting() && random.below(6) == 0) complete();
    }
    const auto committed = journal->committed();
    crash();
    EXPECT_TRUE(explains(all, committed, stored())) << "round " << round;
  }
  EXPECT_GT(spared, 100u);
}

}  // namespace test
