// What belongs into an archive, and how it gets there.
#include <gtest/gtest.h>

#include "protocols/im/archive/feed.h"
#include "protocols/im/archive/message_id.h"
#include "protocols/im/archive/policy.h"
#include "protocols/im/archive/record.h"
#include "tests/support/memory_log.h"

namespace im {
namespace {

TEST(MessageId, IsReadBackFromItsText) {
  const MessageId id{0x0123456789abcdef, 0x89abcdef};
  EXPECT_EQ(text_of(id), "0123456789abcdef89abcdef");
  MessageId read;
  ASSERT_TRUE(parse("0123456789abcdef89abcdef", read));
  EXPECT_EQ(read, id);
  EXPECT_EQ(text_of({1, 2}), "000000000000000100000002");
}

TEST(MessageId, WhatIsNoneIsRefused) {
  MessageId id{7, 7};
  for (const base::Bytes text :
       {"", "1", "0123456789abcdef89abcde", "0123456789abcdef89abcdef0", "0123456789ABCDEF89abcdef",
        "0123456789abcdeg89abcdef", "0123456789abcdef 9abcdef", "0123456789abcdef-9abcdef",
        "+123456789abcdef89abcdef", "0x23456789abcdef89abcdef", "000000000000000089abcdef"}) {
    EXPECT_FALSE(parse(text, id)) << text;
  }
  EXPECT_EQ(id, (MessageId{7, 7}));
}

TEST(ArchiveRecord, IsReadBackFromItsBytesAndFromNothingElse) {
  const ArchiveRecord record{.owner = "alice@x",
                             .id = {123, 45},
                             .with = "bob@y/r",
                             .when = {-6},
                             .outgoing = true,
                             .stanza = base::Bytes("a\0b", 3)};
  std::string bytes = "before";
  pack(record, bytes);
  bytes.erase(0, 6);
  ArchiveRecord read;
  ASSERT_TRUE(unpack(bytes, read));
  EXPECT_EQ(read.owner, "alice@x");
  EXPECT_EQ(read.id, record.id);
  EXPECT_EQ(read.with, "bob@y/r");
  EXPECT_EQ(read.when.us, -6);
  EXPECT_TRUE(read.outgoing);
  EXPECT_EQ(read.stanza, record.stanza);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(unpack(base::Bytes(bytes).substr(0, length), read)) << length;
  }
  EXPECT_FALSE(unpack(bytes + "x", read));
  for (const size_t at : {0u, 1u}) {  // version and kind
    std::string wrong = bytes;
    wrong[at] = 9;
    EXPECT_FALSE(unpack(wrong, read)) << at;
  }
}

TEST(ArchiveRecord, ForgettingNeedsNoMessage) {
  std::string bytes;
  pack({.kind = ArchiveRecordKind::forget, .owner = "alice@x"}, bytes);
  ArchiveRecord read;
  ASSERT_TRUE(unpack(bytes, read));
  EXPECT_EQ(read.kind, ArchiveRecordKind::forget);
  EXPECT_EQ(read.owner, "alice@x");
}

class ArchivePolicy : public testing::Test {
 protected:
  ArchivePolicy() {
    message.facts.body = true;
    message.type = StanzaType::chat;
    message.from = jid::JidView::trusted("bob@y/r");
    message.to = jid::JidView::trusted("alice@x");
    message.payload = "<body>hi</body>";
  }
  bool wants(base::Bytes with) {
    return wants_archived(user, jid::JidView::trusted(with), options);
  }
  User user{"alice@x", 1};
  Options options;
  Stanza message;
};

TEST_F(ArchivePolicy, ConversationsWithABodyAreArchived) {
  EXPECT_TRUE(is_archivable(message));
  message.type = StanzaType::normal;
  EXPECT_TRUE(is_archivable(message));
  for (const StanzaType type : {StanzaType::groupchat, StanzaType::headline, StanzaType::error}) {
    message.type = type;
    EXPECT_FALSE(is_archivable(message));
  }
}

TEST_F(ArchivePolicy, WithoutABodyOnlyWhatAsksForIt) {
  message.facts = {};
  EXPECT_FALSE(is_archivable(message));
  message.facts.store = true;
  EXPECT_TRUE(is_archivable(message));
  message.facts.chat_state_only = true;
  EXPECT_FALSE(is_archivable(message));
}

TEST_F(ArchivePolicy, HintsAndCopiesAreHeeded) {
  message.facts.no_store = true;
  EXPECT_FALSE(is_archivable(message));
  message.facts.store = true;  // no wins
  EXPECT_FALSE(is_archivable(message));
  message.facts = {.body = true, .carbon_wrapped = true};
  EXPECT_FALSE(is_archivable(message));
}

TEST_F(ArchivePolicy, TheOperatorDecidesForWhoHasNotChosen) {
  EXPECT_TRUE(wants("bob@y"));
  options.archive_default = ArchiveDefault::never;
  EXPECT_FALSE(wants("bob@y"));
  user.archive = std::make_unique<ArchivePreferences>();
  EXPECT_TRUE(wants("bob@y"));
  options.archive_enabled = false;
  EXPECT_FALSE(wants("bob@y"));
}

TEST_F(ArchivePolicy, RosterMeansContactsThatAreListed) {
  options.archive_default = ArchiveDefault::roster;
  EXPECT_FALSE(wants("bob@y/r"));
  Contact& bob = user.roster.add("bob@y");
  EXPECT_FALSE(wants("bob@y/r"));  // only asks to be one
  user.roster.set_listed(bob, true);
  EXPECT_TRUE(wants("bob@y/r"));
  EXPECT_TRUE(wants("alice@x/other"));  // notes to oneself
}

TEST_F(ArchivePolicy, ListsMatchByResourceOnlyIfTheySaySo) {
  user.archive = std::make_unique<ArchivePreferences>();
  user.archive->by_default = ArchiveDefault::never;
  user.archive->always = {"bob@y", "carol@y/1"};
  EXPECT_TRUE(wants("bob@y") && wants("bob@y/any"));
  EXPECT_TRUE(wants("carol@y/1"));
  EXPECT_FALSE(wants("carol@y/2") || wants("carol@y"));
  user.archive->never = {"bob@y/secret"};
  EXPECT_FALSE(wants("bob@y/secret"));
  EXPECT_TRUE(wants("bob@y/any"));
}

TEST_F(ArchivePolicy, TheRecordNamesTheOtherSide) {
  std::string scratch = "old";
  ArchiveRecord record;
  ASSERT_TRUE(to_archive(user, message, {5, 6}, {7}, false, options, scratch, record));
  EXPECT_EQ(record.owner, "alice@x");
  EXPECT_EQ(record.with, "bob@y/r");
  EXPECT_EQ(record.id, (MessageId{5, 6}));
  EXPECT_EQ(record.when.us, 7);
  Stanza read;
  ASSERT_TRUE(unpack(record.stanza, read));
  EXPECT_EQ(read.payload, "<body>hi</body>");
  message.from = jid::JidView::trusted("alice@x/home");
  message.to = jid::JidView::trusted("carol@y");
  ASSERT_TRUE(to_archive(user, message, {5, 6}, {7}, true, options, scratch, record));
  EXPECT_EQ(record.with, "carol@y");
  message.to = {};
  ASSERT_TRUE(to_archive(user, message, {5, 6}, {7}, true, options, scratch, record));
  EXPECT_EQ(record.with, "alice@x");
  message.facts.no_store = true;
  EXPECT_FALSE(to_archive(user, message, {5, 6}, {7}, true, options, scratch, record));
}

TEST_F(ArchivePolicy, WhatIsWantedIsFedAndForgettingAlways) {
  tests::MemoryLog log;
  ArchiveFeeder feeder;
  EXPECT_TRUE(feeder.message(user, message, {5, 6}, {7}, false, options, log));
  ASSERT_EQ(log.fed.size(), 1u);
  EXPECT_EQ(log.fed[0].first, kArchiveFeed);
  ArchiveRecord record;
  ASSERT_TRUE(unpack(log.fed[0].second, record));
  EXPECT_EQ(record.id, (MessageId{5, 6}));
  options.archive_enabled = false;
  EXPECT_FALSE(feeder.message(user, message, {6, 6}, {7}, false, options, log));
  feeder.forget("alice@x", log);
  ASSERT_EQ(log.fed.size(), 2u);
  ASSERT_TRUE(unpack(log.fed[1].second, record));
  EXPECT_EQ(record.kind, ArchiveRecordKind::forget);
}

}  // namespace
}  // namespace im
