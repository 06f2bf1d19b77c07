// The small ones: what they answer, and what they refuse.
#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

constexpr char kInfo[] = "<query xmlns='http://jabber.org/protocol/disco#info'/>";

class Answers : public XepTest {
 protected:
  // Makes `from` somebody who may see romeo's presence.
  void befriend(const std::string& jid) {
    im::Contact& contact = romeo.user->roster.add(base::Bytes(jid).substr(0, jid.find('/')));
    contact.from = true;
    from = jid;
  }
};

TEST_F(Answers, PingIsAnsweredByHostAndOwnAccountOnly) {
  EXPECT_EQ(ask(ping, IqKind::get, To::host, "<ping xmlns='urn:xmpp:ping'/>"), "result ");
  EXPECT_EQ(ask(ping, IqKind::get, To::self, "<ping xmlns='urn:xmpp:ping'/>"), "result ");
  EXPECT_EQ(ask(ping, IqKind::get, To::other, "<ping xmlns='urn:xmpp:ping'/>"), "");
  EXPECT_EQ(ask(ping, IqKind::set, To::host, "<ping xmlns='urn:xmpp:ping'/>"), "");
}

TEST_F(Answers, TimeIsUtc) {
  EXPECT_EQ(ask(entity_time, IqKind::get, To::host, "<time xmlns='urn:xmpp:time'/>"),
            "result <time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2023-11-14T22:13:20Z</utc>"
            "</time>");
}

TEST_F(Answers, VersionTellsTheSystemOnlyIfTold) {
  options.version = "1.2";
  const char* query = "<query xmlns='jabber:iq:version'/>";
  EXPECT_EQ(ask(software_version, IqKind::get, To::host, query),
            "result <query xmlns='jabber:iq:version'><name>Rollcall</name>"
            "<version>1.2</version></query>");
  options.operating_system = "<Linux>";
  EXPECT_EQ(ask(software_version, IqKind::get, To::host, query),
            "result <query xmlns='jabber:iq:version'><name>Rollcall</name>"
            "<version>1.2</version><os>&lt;Linux&gt;</os></query>");
}

TEST_F(Answers, HostTellsItsUptime) {
  options.started = base::Instant{2'000'000'000};
  EXPECT_EQ(ask(last_activity, IqKind::get, To::host, "<query xmlns='jabber:iq:last'/>"),
            "result <query xmlns='jabber:iq:last' seconds='3'></query>");
}

TEST_F(Answers, LastActivityIsForThoseWhoMaySeePresence) {
  const char* query = "<query xmlns='jabber:iq:last'/>";
  from = "juliet@host/balcony";
  EXPECT_EQ(ask(last_activity, IqKind::get, To::other, query), "error forbidden");
  EXPECT_EQ(ask(last_activity, IqKind::get, To::unseen, query), "error forbidden");
  befriend("juliet@host/balcony");
  EXPECT_EQ(ask(last_activity, IqKind::get, To::unseen, query), "error service-unavailable");
  EXPECT_EQ(ask(last_activity, IqKind::get, To::other, query),
            "result <query xmlns='jabber:iq:last' seconds='0'></query>");
  const auto resources = std::exchange(romeo.user->resources, {});  // as if he had gone
  romeo.user->last_seen = base::WallTime{turn.wall.us - 903'000'000};
  romeo.user->last_status = "Heading <Home>";
  EXPECT_EQ(ask(last_activity, IqKind::get, To::other, query),
            "result <query xmlns='jabber:iq:last' seconds='903'>Heading &lt;Home&gt;</query>");
  romeo.user->last_seen = base::WallTime{turn.wall.us + 5'000'000};  // the clock was set back
  romeo.user->last_status.clear();
  EXPECT_EQ(ask(last_activity, IqKind::get, To::other, query),
            "result <query xmlns='jabber:iq:last' seconds='0'></query>");
  romeo.user->last_seen = {};
  EXPECT_EQ(ask(last_activity, IqKind::get, To::other, query), "error service-unavailable");
  romeo.user->resources = resources;
}

TEST_F(Answers, AccountIsDiscoveredByFriendsOnly) {
  from = "juliet@host/balcony";
  EXPECT_EQ(ask(service_discovery, IqKind::get, To::other, kInfo), "error service-unavailable");
  const char* items = "<query xmlns='http://jabber.org/protocol/disco#items' node='n'/>";
  EXPECT_EQ(ask(service_discovery, IqKind::get, To::other, items),
            "result <query xmlns='http://jabber.org/protocol/disco#items' node='n'></query>");
  befriend("juliet@host/balcony");
  const std::string info = ask(service_discovery, IqKind::get, To::other, kInfo);
  EXPECT_NE(info.find("<identity category='account' type='registered'/>"), std::string::npos);
  EXPECT_EQ(ask(service_discovery, IqKind::get, To::other, items), "error item-not-found");
}

TEST_F(Answers, FeaturesThatAreOffAreNotAnnounced) {
  const std::string off = ask(service_discovery, IqKind::get, To::host, kInfo);
  EXPECT_EQ(off.find("jabber:iq:register"), std::string::npos);
  options.registration = true;
  const std::string on = ask(service_discovery, IqKind::get, To::host, kInfo);
  EXPECT_NE(on.find("<feature var='jabber:iq:register'/>"), std::string::npos);
}

TEST_F(Answers, CommandsCanBeListedAndThereAreNone) {
  const char* items =
      "<query xmlns='http://jabber.org/protocol/disco#items' "
      "node='http://jabber.org/protocol/commands'/>";
  EXPECT_EQ(ask(service_discovery, IqKind::get, To::host, items),
            "result <query xmlns='http://jabber.org/protocol/disco#items' "
            "node='http://jabber.org/protocol/commands'></query>");
  EXPECT_EQ(ask(ad_hoc_commands, IqKind::set, To::host,
                "<command xmlns='http://jabber.org/protocol/commands' node='x'/>"),
            "error item-not-found");
  EXPECT_EQ(ask(ad_hoc_commands, IqKind::set, To::host,
                "<command xmlns='http://jabber.org/protocol/commands'/>"),
            "error bad-request");
}

TEST_F(Answers, CarbonsAreTurnedOnAndOffAsOftenAsOneLikes) {
  const char* enable = "<enable xmlns='urn:xmpp:carbons:2'/>";
  const char* disable = "<disable xmlns='urn:xmpp:carbons:2'/>";
  EXPECT_EQ(ask(message_carbons, IqKind::set, To::self, enable), "result ");
  EXPECT_TRUE(romeo.carbons);
  EXPECT_EQ(ask(message_carbons, IqKind::set, To::self, enable), "result ");
  EXPECT_EQ(ask(message_carbons, IqKind::set, To::self, disable), "result ");
  EXPECT_FALSE(romeo.carbons);
}

TEST_F(Answers, CardIsItsOwnersToWrite) {
  const char* card = "<vCard xmlns='vcard-temp'><FN>R</FN></vCard>";
  options.vcard_bytes_max = 20;
  EXPECT_EQ(ask(vcard_temp, IqKind::set, To::self, card), "error not-acceptable");
  options.vcard_bytes_max = 200;
  EXPECT_EQ(ask(vcard_temp, IqKind::set, To::self, card), "later");
  auto question = take_question();
  EXPECT_EQ(question->text, card);
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq to='romeo@host/orchard' id='1' type='result'/>");
}

TEST_F(Answers, MissingCardIsNotFoundForItsOwnerOnly) {
  const char* card = "<vCard xmlns='vcard-temp'/>";
  ask(vcard_temp, IqKind::get, To::self, card);
  EXPECT_NE(settle(take_question(), im::StoreStatus::not_found).find("item-not-found"),
            std::string::npos);
  ask(vcard_temp, IqKind::get, To::other, card);
  EXPECT_NE(settle(take_question(), im::StoreStatus::not_found).find("service-unavailable"),
            std::string::npos);
}

}  // namespace
}  // namespace xmpp::xep
