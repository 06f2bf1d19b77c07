#include "protocols/gateway/messages.h"

#include <gtest/gtest.h>

#include "tests/protocols/gateway/messages_world.h"

namespace gateway {
namespace {

TEST(Messages, ToWhoIsThereAreAnsweredWhenTheyAreInTheJournalAndNotBefore) {
  MessagesWorld world;
  world.bind_bob();
  world.datagram(page());
  EXPECT_EQ(world.bob.delivered, 1);
  EXPECT_EQ(world.log.entries.size(), 1u);
  EXPECT_TRUE(world.sent.empty()) << "nothing is on the disk";
  world.datagram(page());
  EXPECT_EQ(world.bob.delivered, 1) << "it came again";
  world.commit();
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(world.sent[0].starts_with("SIP/2.0 202 Accepted\r\n"));
  world.datagram(page());
  EXPECT_EQ(world.sent.size(), 2u);
}

TEST(Messages, ToWhoIsAwayAreAnsweredWhenTheyAreStored) {
  MessagesWorld world;
  world.datagram(page());
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  EXPECT_EQ(world.log.entries.size(), 1u);
  world.answer(im::StoreKind::load_account, im::StoreStatus::ok);
  world.commit();
  EXPECT_TRUE(world.sent.empty()) << "the store has not got it";
  world.answer(im::StoreKind::append_offline, im::StoreStatus::ok);
  world.commit();
  EXPECT_EQ(world.status(), "202");
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Messages, OfAPeerThatHasGoneWhileTheStoreWasAskedAreRefused) {
  MessagesWorld world;
  world.datagram(page());
  auto without = std::make_shared<sip::Options>(world.service->options());
  without->peers.clear();
  {
    engine::Turn here = world.turn();
    world.service->set_options(without, here);
  }
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  EXPECT_EQ(world.status(), "403");
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Messages, ThatTheStoreHasNoRoomForAreRefused) {
  MessagesWorld world;
  world.datagram(page());
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  world.answer(im::StoreKind::load_account, im::StoreStatus::ok);
  world.commit();
  world.answer(im::StoreKind::append_offline, im::StoreStatus::full);
  EXPECT_NE(world.status(), "202");
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(world.sent[0].starts_with("SIP/2.0 4")) << world.sent[0];
  EXPECT_NE(world.sent[0].find("\r\nCall-ID: c\r\n"), std::string::npos);
  world.commit();
  EXPECT_EQ(world.sent.size(), 1u) << "once";
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Messages, ThatTheStoreTakesTooLongForAreAcceptedAllTheSame) {
  MessagesWorld world;
  world.datagram(page());
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  world.advance(base::Duration::seconds(11));
  EXPECT_TRUE(world.sent.empty()) << "not even the disk has it";
  world.commit();
  EXPECT_EQ(world.status(), "202");
  EXPECT_EQ(world.log.entries.size(), 1u) << "we answer for it";
}

TEST(Messages, FromStrangersAndForOthersUsersAreRefused) {
  MessagesWorld world;
  world.datagram(page("carol@sip.example", "bob@xmpp.example", "1"), "192.0.2.2");
  EXPECT_EQ(world.status(), "403");
  world.datagram(page("carol@other.example", "bob@xmpp.example", "2"));
  EXPECT_EQ(world.status(), "403");
  world.datagram(page("alice@xmpp.example", "bob@xmpp.example", "3"));
  EXPECT_EQ(world.status(), "403") << "nobody speaks for our users";
  world.datagram(page("carol@sip.example", "dave@sip.example", "4"));
  EXPECT_EQ(world.status(), "404") << "we are no relay";
  world.datagram(page("carol@sip.example", "xmpp.example", "5"));
  EXPECT_EQ(world.status(), "404");
  EXPECT_TRUE(world.log.entries.empty() && world.questions.empty());
}

TEST(Messages, ToNobodyAndWhenTheStoreOrTheJournalFailAreRefused) {
  MessagesWorld world;
  world.datagram(page("carol@sip.example", "nobody@xmpp.example", "1"));
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::not_found);
  EXPECT_EQ(world.status(), "404");
  world.datagram(page("carol@sip.example", "bob@xmpp.example", "2"));
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::failed);
  EXPECT_EQ(world.status(), "503");
  world.log.accepts = false;
  world.datagram(page("carol@sip.example", "bob@xmpp.example", "3"));
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  EXPECT_EQ(world.status(), "503");
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Messages, ToTheNodesAddressAreForTheFirstDomain) {
  MessagesWorld world;
  world.datagram(page("carol@sip.example", "bob@192.0.2.99"));
  ASSERT_EQ(world.questions.size(), 1u);
  EXPECT_EQ(world.questions[0]->user, "bob@xmpp.example");
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  ASSERT_EQ(world.log.entries.size(), 1u);
  im::Stanza kept;
  ASSERT_TRUE(im::unpack(world.log.entries.begin()->second.bytes, kept));
  EXPECT_EQ(kept.to.full(), "bob@xmpp.example");
}

// Lets everybody in as who From names.
struct Open final : sip::Gate {
  explicit Open(sip::Service& on) : service(on) { service.set_gate(*this); }
  bool screen(const sip::Claim&, engine::Owner&, sip::Verdict&, engine::Turn&) override {
    return true;
  }
  void check(const sip::Claim& claim, engine::Turn& turn) override {
    base::Bytes account = claim.essentials.from.uri;
    account.remove_prefix(4);
    service.decide(claim, {.account = account}, turn);
  }
  void challenge(const sip::Claim&, bool, sip::Writer&, engine::Turn&) override {}
  sip::Service& service;
};

TEST(Messages, FromUsersOfOursGoToUsersAndPeersAndNowhereElse) {
  MessagesWorld world;
  Open open(*world.service);
  world.bind_bob();
  world.datagram(page("alice@xmpp.example", "bob@xmpp.example", "1"), "192.0.2.7");
  EXPECT_EQ(world.bob.delivered, 1);
  EXPECT_TRUE(world.sent.empty()) << "nothing is on the disk";
  world.commit();
  EXPECT_EQ(world.status(), "202");
  world.datagram(page("alice@xmpp.example", "carol@sip.example", "2"), "192.0.2.7");
  EXPECT_TRUE(world.sent.back().starts_with("MESSAGE sip:carol@sip.example SIP/2.0\r\n"));
  EXPECT_NE(world.sent.back().find("From: <sip:alice@xmpp.example>"), std::string::npos);
  world.commit();
  EXPECT_EQ(world.status(), "202");
  world.datagram(page("alice@xmpp.example", "carol@nowhere.example", "3"), "192.0.2.7");
  EXPECT_EQ(world.status(), "404");
}

TEST(Messages, FromUsersOfOursToWhoIsAwayAreAnsweredWhenTheyAreStored) {
  MessagesWorld world;
  Open open(*world.service);
  world.datagram(page("alice@xmpp.example", "bob@xmpp.example", "1"), "192.0.2.7");
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  world.answer(im::StoreKind::load_account, im::StoreStatus::ok);
  world.commit();
  EXPECT_TRUE(world.sent.empty());
  world.answer(im::StoreKind::append_offline, im::StoreStatus::ok);
  world.commit();
  EXPECT_EQ(world.status(), "202");
  world.datagram(page("alice@xmpp.example", "nobody@xmpp.example", "2"), "192.0.2.7");
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::not_found);
  EXPECT_EQ(world.status(), "404");
}

TEST(Messages, QuestionsToTheStoreAreBounded) {
  MessagesWorld world;
  for (uint32_t i = 0; i < Messages::kAskingMax; ++i) {
    world.datagram(page("carol@sip.example", "bob@xmpp.example", std::to_string(i)));
  }
  EXPECT_TRUE(world.sent.empty());
  world.datagram(page("carol@sip.example", "bob@xmpp.example", "more"));
  EXPECT_EQ(world.status(), "503");
}

TEST(Messages, ToSipStayInTheJournalUntilTheyAreTakenThere) {
  Outward world;
  world.route(world.stanza);
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(world.sent[0].starts_with("MESSAGE sip:carol@sip.example SIP/2.0\r\n"));
  world.respond(100);
  EXPECT_EQ(world.log.entries.size(), 1u);
  world.respond(200);
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Messages, ThatSipRefusesOrDoesNotAnswerComeBackAsErrors) {
  {
    Outward world;
    world.route(world.stanza);
    world.respond(404);
    EXPECT_TRUE(world.discharged());
    EXPECT_EQ(world.condition(), "item-not-found");
  }
  Outward world;
  world.route(world.stanza);
  world.advance(base::Duration::seconds(33));
  EXPECT_TRUE(world.discharged());
  EXPECT_EQ(world.condition(), "remote-server-timeout");
}

TEST(Messages, TooLongForADatagramComeBackAtOnce) {
  Outward world;
  const std::string payload = "<body>" + std::string(1200, 'x') + "</body>";
  world.stanza.payload = payload;
  world.route(world.stanza);
  EXPECT_TRUE(world.sent.empty());
  EXPECT_EQ(world.condition(), "policy-violation");
}

TEST(Messages, OnlyWhatAUserOfSipCanReadIsSentAndTheRestNotKept) {
  Outward world;
  world.stanza.payload = "<received xmlns='urn:xmpp:receipts' id='1'/>";
  world.stanza.facts.body = false;
  world.route(world.stanza);
  EXPECT_TRUE(world.sent.empty() && world.log.entries.empty());
  world.stanza.type = im::StanzaType::error;
  world.route(world.stanza);
  EXPECT_TRUE(world.sent.empty() && world.log.entries.empty());
}

TEST(Messages, ToDomainsOfNobodyAreTheRealms) {
  Outward world;
  world.stanza.to = jid::JidView::trusted("carol@nowhere.example");
  world.route(world.stanza);
  EXPECT_TRUE(world.sent.empty());
  EXPECT_EQ(world.condition(), "remote-server-not-found");
}

}  // namespace
}  // namespace gateway
