#include "engine/journal/recovery/collector.h"

#include <gtest/gtest.h>

namespace journal {

static Record record(RecordType type, uint64_t id, uint64_t position, base::Bytes bytes = {}) {
  return {type, 1, id, position, bytes};
}

TEST(Collector, WhatIsErasedBehindThePositionIsRememberedUntilItIsPutAgain) {
  Collector collector(100);
  for (uint64_t id = 1; id <= 4; ++id) {
    collector.on_record(record(RecordType::put, id, id, "entry " + std::to_string(id)));
  }
  collector.on_record(record(RecordType::note, 2, 50, "noted"));
  collector.on_record(record(RecordType::erase, 1, 99));
  collector.on_record(record(RecordType::erase, 2, 100));
  collector.on_record(record(RecordType::erase, 3, 110));
  collector.on_record(record(RecordType::put, 3, 120, "again"));
  std::vector<RecoveredEntry> living;
  EXPECT_EQ(collector.take(5, living), 0u);
  ASSERT_EQ(living.size(), 2u);
  EXPECT_EQ(living[0].entry.bytes, "entry 4");
  EXPECT_EQ(living[1].entry.bytes, "again");
  EXPECT_EQ(living[1].shard, 5);
  std::vector<RecoveredEntry> ended;
  collector.take_ended(5, ended);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].entry.bytes, "entry 2");
  EXPECT_EQ(ended[0].entry.note, "noted");
}

TEST(Collector, EverythingErasedIsForgottenUnlessAskedFor) {
  Collector collector;
  collector.on_record(record(RecordType::put, 1, 1, "one"));
  collector.on_record(record(RecordType::erase, 1, 2));
  collector.on_record(record(RecordType::erase, 7, 3));  // what was put in a segment that is gone
  collector.on_record(record(RecordType::note, 8, 4, "orphan"));
  std::vector<RecoveredEntry> living;
  std::vector<RecoveredEntry> ended;
  EXPECT_EQ(collector.take(0, living), 1u);
  collector.take_ended(0, ended);
  EXPECT_TRUE(living.empty());
  EXPECT_TRUE(ended.empty());
}

}  // namespace journal
