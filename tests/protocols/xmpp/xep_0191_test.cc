#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

class Blocking : public XepTest {
 protected:
  std::string block(const std::string& items) {
    return ask(blocking_command, IqKind::set, To::self,
               "<block xmlns='urn:xmpp:blocking'>" + items + "</block>");
  }
  std::string unblock(const std::string& items) {
    return ask(blocking_command, IqKind::set, To::self,
               "<unblock xmlns='urn:xmpp:blocking'>" + items + "</unblock>");
  }
  std::string list() {
    return ask(blocking_command, IqKind::get, To::self, "<blocklist xmlns='urn:xmpp:blocking'/>");
  }
};

TEST_F(Blocking, BlockNeedsAnItemAndItemsNeedAJid) {
  EXPECT_EQ(block(""), "error bad-request");
  EXPECT_EQ(block("<item/>"), "error bad-request");
  EXPECT_EQ(block("<other jid='a@b'/>"), "error bad-request");
  EXPECT_EQ(block("<item xmlns='x' jid='a@b'/>"), "error bad-request");
  EXPECT_EQ(unblock("<item/>"), "error bad-request");
  EXPECT_EQ(take_question(), nullptr);
}

TEST_F(Blocking, WhatIsNoAddressIsMalformed) {
  EXPECT_EQ(block("<item jid='a@@b'/>"), "error jid-malformed");
  EXPECT_EQ(block("<item jid=''/>"), "error jid-malformed");
  EXPECT_EQ(block("<item jid='fine@host'/><item jid='@host'/>"), "error jid-malformed");
  EXPECT_EQ(list(), "result <blocklist xmlns='urn:xmpp:blocking'></blocklist>");
}

TEST_F(Blocking, AddressesAreNormalisedAndListedOnce) {
  EXPECT_EQ(block("<item jid='Iago@HOST'/><item jid='iago@host'/><item jid='host/x'/>"), "later");
  auto question = take_question();
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->kind, im::StoreKind::save_block_list);
  EXPECT_EQ(question->jids, (std::vector<std::string>{"host/x", "iago@host"}));
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq from='romeo@host' to='romeo@host/orchard' id='1' type='result'/>");
  EXPECT_EQ(list(),
            "result <blocklist xmlns='urn:xmpp:blocking'><item jid='host/x'/>"
            "<item jid='iago@host'/></blocklist>");
}

TEST_F(Blocking, OnlyWhoHasSeenTheListIsToldOfChanges) {
  block("<item jid='iago@host'/>");
  settle(take_question(), im::StoreStatus::ok);
  EXPECT_TRUE(romeo.pushes.empty());
  list();
  unblock("");
  settle(take_question(), im::StoreStatus::ok);
  EXPECT_EQ(romeo.pushes, std::vector<std::string>{"unblock"});
}

TEST_F(Blocking, EmptyUnblockLetsEverybodyIn) {
  block("<item jid='iago@host'/><item jid='tybalt@host'/>");
  settle(take_question(), im::StoreStatus::ok);
  EXPECT_EQ(unblock("<item jid='tybalt@host'/>"), "later");
  EXPECT_EQ(take_question()->jids, std::vector<std::string>{"iago@host"});
  EXPECT_EQ(unblock(""), "later");
  EXPECT_TRUE(take_question()->jids.empty());
}

}  // namespace
}  // namespace xmpp::xep
