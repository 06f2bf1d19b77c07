#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

class PrivateXml : public XepTest {
 protected:
  std::string get(const std::string& children) {
    return ask(private_xml, IqKind::get, To::self,
               "<query xmlns='jabber:iq:private'>" + children + "</query>");
  }
  std::string set(const std::string& children) {
    return ask(private_xml, IqKind::set, To::self,
               "<query xmlns='jabber:iq:private'>" + children + "</query>");
  }
};

TEST_F(PrivateXml, AsksTheStoreUnderNameAndNamespace) {
  EXPECT_EQ(get("<exodus xmlns='exodus:prefs'/>"), "later");
  auto question = take_question();
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->kind, im::StoreKind::load_private);
  EXPECT_EQ(question->user, "romeo@host");
  EXPECT_EQ(question->key, "exodus exodus:prefs");
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok,
                   "<exodus xmlns='exodus:prefs'>1"
                   "</exodus>"),
            "<iq to='romeo@host/orchard' id='1' type='result'><query xmlns='jabber:iq:private'>"
            "<exodus xmlns='exodus:prefs'>1</exodus></query></iq>");
}

TEST_F(PrivateXml, WhatWasNeverStoredIsTheEmptyElement) {
  get("<e xmlns='a&apos;b'/>");
  EXPECT_EQ(settle(take_question(), im::StoreStatus::not_found),
            "<iq to='romeo@host/orchard' id='1' type='result'><query xmlns='jabber:iq:private'>"
            "<e xmlns='a&apos;b'/></query></iq>");
}

TEST_F(PrivateXml, ElementsWithoutNamespaceOfTheirOwnAreNotAcceptable) {
  EXPECT_EQ(get(""), "error not-acceptable");
  EXPECT_EQ(get("<e/>"), "error not-acceptable");
  EXPECT_EQ(set(""), "error not-acceptable");
  EXPECT_EQ(set("<e xmlns=''/>"), "error not-acceptable");
  EXPECT_EQ(set("<a xmlns='n'/><e/>"), "error not-acceptable");
  EXPECT_EQ(take_question(), nullptr);
}

TEST_F(PrivateXml, SeveralElementsMayBeSetButNotAskedFor) {
  EXPECT_EQ(get("<a xmlns='n'/><b xmlns='n'/>"), "error bad-request");
  EXPECT_EQ(set("<a xmlns='n'/><b xmlns='m'/>"), "error bad-request");
  EXPECT_EQ(set("<a xmlns='n'/><b xmlns='n'/><a xmlns='n'>2</a>"), "later");
  auto first = take_question();
  auto second = take_question();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(take_question(), nullptr);
  EXPECT_EQ(first->text, "<a xmlns='n'/><a xmlns='n'>2</a>");
  EXPECT_EQ(second->key, "b n");
  // The client hears of it when the last is on disk, and of a failure of any.
  EXPECT_EQ(settle(std::move(first), im::StoreStatus::full), "");
  EXPECT_NE(settle(std::move(second), im::StoreStatus::ok).find("resource-constraint"),
            std::string::npos);
}

TEST_F(PrivateXml, StoredElementsStandAlone) {
  EXPECT_EQ(ask(private_xml, IqKind::set, To::self,
                "<query xmlns='jabber:iq:private' xmlns:p='P'><p:a><p:b/></p:a></query>"),
            "later");
  EXPECT_EQ(take_question()->text, "<p:a xmlns:p='P'><p:b/></p:a>");
}

TEST_F(PrivateXml, SizeIsLimited) {
  options.private_bytes_max = 30;
  EXPECT_EQ(set("<a xmlns='n'>1234567890123</a>"), "later");
  EXPECT_EQ(set("<a xmlns='n'>123456789012345</a>"), "error not-acceptable");
}

TEST_F(PrivateXml, MoreElementsThanMayBeKeptDoNotReachTheStore) {
  options.private_elements_max = 2;
  EXPECT_EQ(set("<a xmlns='n'/><b xmlns='n'/>"), "later");
  while (take_question() != nullptr) {
  }
  EXPECT_EQ(set("<a xmlns='n'/><b xmlns='n'/><c xmlns='n'/>"), "error resource-constraint");
  EXPECT_EQ(take_question(), nullptr);
}

TEST_F(PrivateXml, BelongsToItsOwnerAlone) {
  EXPECT_EQ(ask(private_xml, IqKind::get, To::other,
                "<query xmlns='jabber:iq:private'><a xmlns='n'/></query>"),
            "");  // no hook: service-unavailable
}

}  // namespace
}  // namespace xmpp::xep
