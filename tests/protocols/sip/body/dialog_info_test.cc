#include "protocols/sip/body/dialog_info.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/random.h"

namespace sip {
namespace {

using Applied = CallTable::Applied;
using C = CallState;
using L = im::LineState;

std::string document(const std::string& attributes, const std::string& inside) {
  return "<?xml version=\"1.0\"?><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" " +
         attributes + " entity=\"sip:alice@example.com\">" + inside + "</dialog-info>";
}

TEST(DialogInfo, IsReadTolerantly) {
  DialogInfoReader reader;
  DialogInfo info;
  const std::string text = document(
      "version=\"3\" state=\"partial\"",
      "<dialog id=\"as7d900as8\" call-id=\"a84b4c76e66710\" direction=\"recipient\">"
      "<state code=\"180\">Early</state></dialog>"
      "<dialog id=\"zxcnm3\" direction=\"initiator\"><state event=\"x\"> confirmed "
      "</state><local><target uri=\"sip:a@b\"><param pname=\"+sip.rendering\" "
      "pval=\"no\"/></target></local></dialog>"
      "<dialog id=\"\"><state>early</state></dialog><dialog id=\"a\"/>"
      "<dialog id=\"b\"><state>dreaming</state></dialog>");
  ASSERT_EQ(reader.read(text, info), BodyFault::none);
  EXPECT_EQ(info.entity, "sip:alice@example.com");
  EXPECT_EQ(info.version, 3u);
  EXPECT_FALSE(info.full);
  ASSERT_EQ(info.calls.size(), 2u);
  EXPECT_EQ(info.calls[0].id, "as7d900as8");
  EXPECT_EQ(info.calls[0].state, C::early);
  EXPECT_TRUE(info.calls[0].incoming && !info.calls[0].held);
  EXPECT_EQ(info.calls[1].state, C::confirmed);
  EXPECT_TRUE(!info.calls[1].incoming && info.calls[1].held);
}

TEST(DialogInfo, WhatIsNoneIsRefused) {
  DialogInfoReader reader;
  DialogInfo info;
  EXPECT_EQ(reader.read("<presence/>", info), BodyFault::other_kind);
  EXPECT_EQ(reader.read(document("state='full'", ""), info), BodyFault::other_kind);
  EXPECT_EQ(reader.read(document("version='-1'", ""), info), BodyFault::other_kind);
  EXPECT_EQ(reader.read(document("version='99999999999'", ""), info), BodyFault::other_kind);
  EXPECT_EQ(reader.read("<dialog-info version='1'>", info), BodyFault::malformed);
  std::string many;
  for (size_t i = 0; i <= kDialogsMax; ++i) {
    many += "<dialog id='" + std::to_string(i) + "'><state>early</state></dialog>";
  }
  EXPECT_EQ(reader.read(document("version='1'", many), info), BodyFault::too_large);
}

DialogInfo info(uint32_t version, bool full, std::vector<Call> calls) {
  DialogInfo made;
  made.version = version;
  made.full = full;
  made.calls = std::move(calls);
  return made;
}

TEST(CallTable, FollowsACall) {
  CallTable table;
  EXPECT_EQ(table.state(), L::unknown);
  EXPECT_EQ(table.apply(info(0, true, {})), Applied::changed);
  EXPECT_EQ(table.state(), L::idle);
  EXPECT_EQ(table.apply(info(1, false, {{"a", C::early, true, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::alerting);
  EXPECT_EQ(table.apply(info(2, false, {{"a", C::confirmed, true, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::busy);
  EXPECT_EQ(table.apply(info(3, false, {{"a", C::confirmed, true, true}})), Applied::changed);
  EXPECT_EQ(table.state(), L::on_hold);
  EXPECT_EQ(table.apply(info(4, false, {{"b", C::proceeding, true, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::alerting);
  EXPECT_EQ(table.apply(info(5, false, {{"b", C::terminated, true, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::on_hold);
  EXPECT_EQ(table.apply(info(6, false, {{"c", C::trying, false, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::busy);  // she dials
  EXPECT_EQ(table.apply(info(7, true, {})), Applied::changed);
  EXPECT_EQ(table.state(), L::idle);
}

TEST(CallTable, VersionsThatAreOldOrMissingChangeNothing) {
  CallTable table;
  EXPECT_EQ(table.apply(info(4, false, {{"a", C::confirmed, true, false}})), Applied::gap);
  EXPECT_EQ(table.state(), L::unknown);
  EXPECT_EQ(table.apply(info(4, true, {{"a", C::confirmed, true, false}})), Applied::changed);
  EXPECT_EQ(table.apply(info(4, false, {{"a", C::terminated, true, false}})), Applied::old);
  EXPECT_EQ(table.apply(info(4, true, {})), Applied::old);
  EXPECT_EQ(table.apply(info(3, false, {{"a", C::terminated, true, false}})), Applied::old);
  EXPECT_EQ(table.apply(info(6, false, {{"a", C::terminated, true, false}})), Applied::gap);
  EXPECT_EQ(table.state(), L::busy);
  EXPECT_EQ(table.apply(info(9, true, {})), Applied::changed);
  EXPECT_EQ(table.state(), L::idle);
  EXPECT_EQ(table.apply(info(0, true, {{"a", C::confirmed, true, false}})), Applied::changed);
  EXPECT_EQ(table.state(), L::busy);  // the notifier has started again
}

TEST(CallTable, TooManyCallsChangeNothing) {
  CallTable table;
  EXPECT_EQ(table.apply(info(0, true, {})), Applied::changed);
  std::vector<std::string> names;
  for (size_t i = 0; i <= kDialogsMax; ++i) names.push_back(std::to_string(i));
  for (uint32_t i = 0; i < kDialogsMax; ++i) {
    ASSERT_EQ(table.apply(info(i + 1, false, {{names[i], C::early, true, false}})),
              Applied::changed);
  }
  EXPECT_EQ(table.apply(info(33, false, {{names[32], C::confirmed, true, false}})),
            Applied::too_many);
  EXPECT_EQ(table.size(), kDialogsMax);
  EXPECT_EQ(table.state(), L::alerting);
}

// The order in which calls of one document stand makes no difference to the line.
TEST(CallTable, OrderOfCallsMakesNoDifference) {
  base::Prng random(4235);
  static const std::string kIds[] = {"a", "b", "c", "d", "e"};
  for (int round = 0; round < 500; ++round) {
    std::vector<Call> calls;
    for (const std::string& id : kIds) {
      calls.push_back(
          {id, static_cast<C>(random.below(5)), random.below(2) == 0, random.below(2) == 0});
    }
    CallTable one;
    ASSERT_EQ(one.apply(info(0, true, calls)), Applied::changed);
    for (size_t i = calls.size() - 1; i > 0; --i) std::swap(calls[i], calls[random.below(i + 1)]);
    CallTable other;
    ASSERT_EQ(other.apply(info(0, true, calls)), Applied::changed);
    ASSERT_EQ(one.state(), other.state()) << round;
  }
}

TEST(DialogInfo, WhatIsWrittenReadsBackAsTheSameState) {
  for (const L state : {L::idle, L::alerting, L::busy, L::on_hold}) {
    std::string out;
    write_dialog_info("sip:a&b@example.com", 7, state, out);
    DialogInfoReader reader;
    DialogInfo read;
    ASSERT_EQ(reader.read(out, read), BodyFault::none) << out;
    EXPECT_EQ(read.entity, "sip:a&b@example.com");
    CallTable table;
    EXPECT_EQ(table.apply(read), Applied::changed);
    EXPECT_EQ(table.state(), state) << out;
  }
}

}  // namespace
}  // namespace sip
