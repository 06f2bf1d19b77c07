#include "engine/journal/format.h"

#include <gtest/gtest.h>

#include "engine/journal/group_writer.h"

namespace test {

using journal::kBlock;
using journal::RecordType;

constexpr journal::LogIdentity kLog{3, 2, 0x1234, 64 << 10};

std::string record_of(const std::string& bytes, uint64_t position) {
  std::string to(journal::kRecordHeader, '\0');
  to += bytes;
  journal::seal_record(
      to.data(), kLog,
      {RecordType::put, 7, 99, position, base::Bytes(to).substr(journal::kRecordHeader)});
  return to;
}

TEST(Format, ARecordIsReadAsItWasWrittenAndOnlyInItsPlace) {
  const std::string bytes = record_of("some text", 70'000);
  const std::string longer = bytes + "more";
  const auto record = journal::read_record(longer, kLog, 70'000);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->type, RecordType::put);
  EXPECT_EQ(record->kind, 7);
  EXPECT_EQ(record->id, 99u);
  EXPECT_EQ(record->bytes, "some text");
  EXPECT_EQ(record->size(), bytes.size());
  EXPECT_FALSE(journal::read_record(bytes, kLog, 70'001).has_value());
  journal::LogIdentity other = kLog;
  ++other.salt;
  EXPECT_FALSE(journal::read_record(bytes, other, 70'000).has_value());
}

TEST(Format, EveryFlippedBitOfARecordIsFoundAndEveryCut) {
  std::string bytes = record_of("some text", 70'000);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(journal::read_record(bytes, kLog, 70'000).has_value()) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(journal::read_record(base::Bytes(bytes).substr(0, cut), kLog, 70'000)) << cut;
  }
  EXPECT_FALSE(journal::read_record(std::string(100, '\0'), kLog, 0).has_value());
}

TEST(Format, ASegmentSaysWhatItIs) {
  std::string block = journal::segment_header(kLog, 5);
  ASSERT_EQ(block.size(), kBlock);
  journal::LogIdentity found{.epoch = 3, .shard = 2};
  EXPECT_EQ(journal::read_segment_header(block, found, 5), std::nullopt);
  EXPECT_EQ(found.salt, kLog.salt);
  EXPECT_EQ(found.segment_bytes, kLog.segment_bytes);
  EXPECT_TRUE(journal::read_segment_header(block, found, 6).has_value());
  journal::LogIdentity other{.epoch = 4, .shard = 2};
  EXPECT_TRUE(journal::read_segment_header(block, other, 5).has_value());
  EXPECT_TRUE(journal::read_segment_header(block.substr(1), found, 5).has_value());
  for (size_t at = 0; at < kBlock; ++at) {
    block[at] ^= 4;
    EXPECT_TRUE(journal::read_segment_header(block, found, 5).has_value()) << at;
    block[at] ^= 4;
  }
}

TEST(Format, NamesAreReadBackAndOthersAreNot) {
  const std::string name = journal::segment_name(kLog, 123);
  const auto parsed = journal::parse_segment_name(name);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->epoch, 3u);
  EXPECT_EQ(parsed->shard, 2u);
  EXPECT_EQ(parsed->segment, 123u);
  for (const std::string& other : {name + "x", name.substr(1), std::string("epoch-1.shard-2.3"),
                                   std::string("free-1"), std::string()}) {
    EXPECT_FALSE(journal::parse_segment_name(other).has_value()) << other;
  }
}

TEST(GroupWriter, GroupsBeginOnBlocksAndFollowEachOther) {
  journal::GroupWriter writer(kLog, 1);
  uint64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string bytes(static_cast<size_t>(i * 131 % 9000), 'b');
    if (!writer.fits(bytes.size())) writer.close(1, 0);
    const uint64_t position = writer.append(RecordType::put, 1, 1, bytes);
    EXPECT_GT(position, last);
    EXPECT_EQ(kLog.segment_of(position), kLog.segment_of(writer.appended() - 1));
    last = position;
    if (i % 3 == 0) writer.close(1, 0);
  }
  writer.close(1, 0);
  writer.close(1, 0);  // nothing: no group
  uint64_t previous = 0;
  uint64_t end = 0;
  uint64_t records = 0;
  while (!writer.closed().empty()) {
    const journal::Group group = writer.closed().front().group;
    EXPECT_EQ(group.position % kBlock, 0u);
    EXPECT_EQ(group.previous, previous);
    EXPECT_GE(group.position, end);
    EXPECT_EQ(kLog.segment_of(group.position), kLog.segment_of(group.end() - 1));
    const auto read = journal::read_group(writer.closed().front().bytes(), kLog, group.position);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->records, group.records);
    records += group.records;
    previous = group.position;
    end = group.end();
    writer.pop_closed();
  }
  EXPECT_EQ(records, 200u);
  EXPECT_EQ(writer.bytes_waiting(), 0u);
}

}  // namespace test
