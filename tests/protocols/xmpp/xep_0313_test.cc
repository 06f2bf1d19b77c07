// What a client may ask of its archive, what becomes of it, and how the answer looks.
#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

constexpr im::MessageId kFirst{0x10, 0xa};
constexpr im::MessageId kSecond{0x20, 0xb};
constexpr const char* kFirstText = "00000000000000100000000a";
constexpr const char* kSecondText = "00000000000000200000000b";

class Archive : public XepTest {
 protected:
  std::string query(const std::string& children, const std::string& attributes = {}) {
    return ask(message_archive, IqKind::set, To::self,
               "<query xmlns='urn:xmpp:mam:2'" + attributes + ">" + children + "</query>");
  }
  static std::string field(const std::string& name, const std::string& value) {
    return "<field var='" + name + "'><value>" + value + "</value></field>";
  }
  static std::string form(const std::string& fields) {
    return "<x xmlns='jabber:x:data' type='submit'>" + field("FORM_TYPE", "urn:xmpp:mam:2") +
           fields + "</x>";
  }
  static std::string set(const std::string& children) {
    return "<set xmlns='http://jabber.org/protocol/rsm'>" + children + "</set>";
  }
  // The query that reaches the archive.
  im::ArchiveQuery asked(const std::string& children) {
    EXPECT_EQ(query(children), "later");
    auto question = take_question();
    EXPECT_NE(question, nullptr);
    if (question == nullptr) return {};
    EXPECT_EQ(question->kind, im::StoreKind::query_archive);
    EXPECT_EQ(question->user, "romeo@host");
    return std::move(*question->archive);
  }
  static std::string packed(const std::string& body) {
    im::Stanza message;
    message.type = im::StanzaType::chat;
    message.from = jid::JidView::trusted("juliet@host/b");
    message.to = jid::JidView::trusted("romeo@host");
    message.payload = body;
    std::string bytes;
    im::pack(message, bytes);
    return bytes;
  }
  // Asks, lets the archive answer with two messages, and returns what romeo is sent.
  std::vector<std::string> answered(const std::string& children, bool complete = true) {
    EXPECT_EQ(query(children, " queryid='q&lt;1'"), "later");
    auto question = take_question();
    question->archive->page = {{kFirst, {1'700'000'000'000'001}, packed("<body>1</body>")},
                               {kSecond, {1'700'000'001'000'000}, packed("<body>2</body>")}};
    question->archive->complete = complete;
    settle(std::move(question), im::StoreStatus::ok);
    return romeo.delivered;
  }
};

TEST_F(Archive, AskedForNothingInParticularItIsTheFirstPage) {
  const im::ArchiveQuery wanted = asked("");
  EXPECT_EQ(wanted.with, "");
  EXPECT_EQ(wanted.max, options.archive_page_max);
  EXPECT_EQ(wanted.bytes, options.unacked_bytes_max / 8);
  EXPECT_FALSE(wanted.backward || wanted.flip || wanted.after || wanted.before);
}

TEST_F(Archive, EveryFieldReachesTheArchive) {
  const im::ArchiveQuery wanted =
      asked(form(field("with", "Juliet@HOST/b") + field("start", "2023-11-14T22:13:20Z") +
                 field("end", "2023-11-14T23:13:21+01:00") + field("after-id", kFirstText) +
                 field("before-id", kSecondText) + field("include-groupchat", "true") +
                 "<field var='ids'><value>" + kFirstText + "</value><value>" + kSecondText +
                 "</value></field>") +
            set("<max>7</max><after>" + std::string(kFirstText) + "</after>") + "<flip-page/>");
  EXPECT_EQ(wanted.with, "juliet@host/b");
  EXPECT_EQ(wanted.start.us, 1'700'000'000'000'000);
  EXPECT_EQ(wanted.end.us, 1'700'000'001'000'000);
  EXPECT_EQ(wanted.after_id, kFirst);
  EXPECT_EQ(wanted.before_id, kSecond);
  EXPECT_EQ(wanted.ids, (std::vector<im::MessageId>{kFirst, kSecond}));
  EXPECT_EQ(wanted.after, kFirst);
  EXPECT_EQ(wanted.max, 7u);
  EXPECT_TRUE(wanted.flip);
}

TEST_F(Archive, PagesAreAskedForAsResultSetManagementSays) {
  EXPECT_TRUE(asked(set("<before/>")).backward);
  const im::ArchiveQuery before = asked(set("<before>" + std::string(kSecondText) + "</before>"));
  EXPECT_TRUE(before.backward);
  EXPECT_EQ(before.before, kSecond);
  EXPECT_EQ(asked(set("<max>0</max>")).max, 0u);
  EXPECT_EQ(asked(set("<max>99999999999999</max>")).max, options.archive_page_max);
  options.unacked_stanzas_max = 80;
  EXPECT_EQ(asked(set("<max>50</max>")).max, 10u);
  EXPECT_EQ(query(set("<max>many</max>")), "error bad-request");
  EXPECT_EQ(query(set("<max>-1</max>")), "error bad-request");
  EXPECT_EQ(query(set("<index>3</index>")), "error feature-not-implemented");
}

TEST_F(Archive, WhatCannotBeAnIdOfOursIsNotFound) {
  EXPECT_EQ(query(set("<after>x</after>")), "error item-not-found");
  EXPECT_EQ(query(set("<before>x</before>")), "error item-not-found");
  for (const char* name : {"after-id", "before-id", "ids"}) {
    EXPECT_EQ(query(form(field(name, "28482-98726-73623"))), "error item-not-found") << name;
  }
}

TEST_F(Archive, BadFormsAreRefusedAndCounted) {
  const uint64_t before = trace::total(trace::Counter::archive_queries_refused);
  EXPECT_EQ(query(form(field("start", "yesterday"))), "error bad-request");
  EXPECT_EQ(query(form(field("end", ""))), "error bad-request");
  EXPECT_EQ(query(form(field("with", "a@@b"))), "error jid-malformed");
  EXPECT_EQ(query(form(field("include-groupchat", "maybe"))), "error bad-request");
  EXPECT_EQ(query(form(field("{urn:x}text", "find"))), "error feature-not-implemented");
  EXPECT_EQ(query(form("<field var='with'><value>a@b</value><value>c@d</value></field>")),
            "error bad-request");
  EXPECT_EQ(query(form(field("with", "a@b") + field("with", "c@d"))), "error bad-request");
  EXPECT_EQ(query(form("<field><value>a@b</value></field>")), "error bad-request");
  EXPECT_EQ(query("<x xmlns='jabber:x:data' type='submit'/>"), "error bad-request");
  EXPECT_EQ(query("<x xmlns='jabber:x:data' type='form'>" + field("FORM_TYPE", "urn:xmpp:mam:2") +
                  "</x>"),
            "error bad-request");
  EXPECT_EQ(query("<x xmlns='jabber:x:data' type='submit'>" + field("FORM_TYPE", "urn:xmpp:mam:1") +
                  "</x>"),
            "error bad-request");
  EXPECT_EQ(query("", " node='fdp/submitted'"), "error item-not-found");
  EXPECT_EQ(take_question(), nullptr);
  EXPECT_EQ(trace::total(trace::Counter::archive_queries_refused), before + 12);
}

TEST_F(Archive, TooManyIdsAreNotLookedFor) {
  std::string ids = "<field var='ids'>";
  for (int i = 0; i < 251; ++i) ids += std::string("<value>") + kFirstText + "</value>";
  EXPECT_EQ(query(form(ids + "</field>")), "error not-acceptable");
}

TEST_F(Archive, ResultsGoToTheAskerAndThenTheEnd) {
  const std::vector<std::string> sent = answered("");
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(sent[0],
            "<message from='romeo@host' to='romeo@host/orchard'><result xmlns='urn:xmpp:mam:2' "
            "queryid='q&lt;1' id='00000000000000100000000a'><forwarded xmlns='urn:xmpp:forward:0'>"
            "<delay xmlns='urn:xmpp:delay' stamp='2023-11-14T22:13:20.000001Z'/>"
            "<message xmlns='jabber:client' from='juliet@host/b' to='romeo@host' type='chat'>"
            "<body>1</body></message></forwarded></result></message>");
  EXPECT_NE(sent[1].find("<body>2</body>"), std::string::npos);
  EXPECT_EQ(sent[2],
            "<iq to='romeo@host/orchard' id='1' type='result'><fin xmlns='urn:xmpp:mam:2' "
            "queryid='q&lt;1' complete='true'><set xmlns='http://jabber.org/protocol/rsm'>"
            "<first>00000000000000100000000a</first><last>00000000000000200000000b</last></set>"
            "</fin></iq>");
}

TEST_F(Archive, FlippedPagesAreTheSamePageTheOtherWayRound) {
  const std::vector<std::string> sent = answered("<flip-page/>", false);
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(sent[0].find("<body>2</body>"), std::string::npos);
  EXPECT_NE(sent[1].find("<body>1</body>"), std::string::npos);
  EXPECT_NE(sent[2].find("<first>00000000000000100000000a</first>"), std::string::npos);
  EXPECT_EQ(sent[2].find("complete"), std::string::npos);
}

TEST_F(Archive, AnEmptyOrUnstablePageSaysSo) {
  EXPECT_EQ(query(""), "later");
  auto question = take_question();
  question->archive->complete = true;
  question->archive->stable = false;
  question->archive->count = 0;
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq to='romeo@host/orchard' id='1' type='result'><fin xmlns='urn:xmpp:mam:2' "
            "complete='true' stable='false'><set xmlns='http://jabber.org/protocol/rsm'>"
            "<count>0</count></set></fin></iq>");
}

TEST_F(Archive, IdsThatAreNotThereAndFailuresAreErrors) {
  query("");
  EXPECT_NE(settle(take_question(), im::StoreStatus::not_found).find("item-not-found"),
            std::string::npos);
  query("");
  EXPECT_NE(settle(take_question(), im::StoreStatus::failed).find("internal-server-error"),
            std::string::npos);
}

TEST_F(Archive, AnotherClientOfTheAccountIsToldNothing) {
  from = "romeo@host/elsewhere";  // not connected
  EXPECT_EQ(query(""), "error unexpected-request");
  from = "romeo@host/orchard";
  EXPECT_EQ(query(""), "later");
  auto question = take_question();
  question->archive->page = {{kFirst, {1}, packed("<body>1</body>")}};
  realm->unbind(romeo, turn);  // gone before the answer
  out.clear();
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok), "");
  BindNoted binding;
  realm->bind(romeo, binding, turn);
}

TEST_F(Archive, OthersMayNotAskAndStrangersLearnNothing) {
  from = "tybalt@host/r";
  for (const char* name : {"query", "metadata"}) {
    const std::string payload = "<" + std::string(name) + " xmlns='urn:xmpp:mam:2'/>";
    EXPECT_EQ(ask(message_archive, IqKind::get, To::other, payload), "error service-unavailable");
  }
  romeo.user->roster.add("tybalt@host").from = true;
  EXPECT_EQ(ask(message_archive, IqKind::set, To::other, "<query xmlns='urn:xmpp:mam:2'/>"),
            "error forbidden");
}

TEST_F(Archive, TheFormListsTheFieldsThatWeKnow) {
  const std::string answer =
      ask(message_archive, IqKind::get, To::self, "<query xmlns='urn:xmpp:mam:2'/>");
  for (const char* name :
       {"with", "start", "end", "before-id", "after-id", "ids", "include-groupchat"}) {
    EXPECT_NE(answer.find("var='" + std::string(name) + "'"), std::string::npos) << name;
    EXPECT_EQ(asked(form("<field var='" + std::string(name) + "'/>")).with, "");  // left empty
  }
}

TEST_F(Archive, MetadataNamesBothEnds) {
  const auto metadata = [this] {
    EXPECT_EQ(ask(message_archive, IqKind::get, To::self, "<metadata xmlns='urn:xmpp:mam:2'/>"),
              "later");
    return take_question();
  };
  EXPECT_EQ(settle(metadata(), im::StoreStatus::ok),
            "<iq to='romeo@host/orchard' id='1' type='result'><metadata xmlns='urn:xmpp:mam:2'>"
            "</metadata></iq>");
  auto question = metadata();
  EXPECT_EQ(question->kind, im::StoreKind::archive_metadata);
  question->archive->page = {{kFirst, {0}, ""}, {kSecond, {1}, ""}};
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq to='romeo@host/orchard' id='1' type='result'><metadata xmlns='urn:xmpp:mam:2'>"
            "<start id='00000000000000100000000a' timestamp='1970-01-01T00:00:00.000000Z'/>"
            "<end id='00000000000000200000000b' timestamp='1970-01-01T00:00:00.000001Z'/>"
            "</metadata></iq>");
}

class Preferences : public XepTest {
 protected:
  std::string get() {
    return ask(archive_preferences, IqKind::get, To::self, "<prefs xmlns='urn:xmpp:mam:2'/>");
  }
  std::string set(const std::string& by_default, const std::string& children) {
    return ask(
        archive_preferences, IqKind::set, To::self,
        "<prefs xmlns='urn:xmpp:mam:2' default='" + by_default + "'>" + children + "</prefs>");
  }
};

TEST_F(Preferences, AreTheOperatorsUntilTheyAreSet) {
  im_options->archive_default = im::ArchiveDefault::roster;
  EXPECT_EQ(get(),
            "result <prefs xmlns='urn:xmpp:mam:2' default='roster'><always></always>"
            "<never></never></prefs>");
}

TEST_F(Preferences, HoldOnceTheyAreOnDisk) {
  EXPECT_EQ(set("never",
                "<always><jid>Juliet@HOST</jid><jid>a@b/c</jid><jid>juliet@host</jid></always>"
                "<never><jid>m@n</jid></never>"),
            "later");
  auto question = take_question();
  EXPECT_EQ(question->kind, im::StoreKind::save_archive_preferences);
  EXPECT_EQ(romeo.user->archive, nullptr);
  const std::string prefs =
      "<prefs xmlns='urn:xmpp:mam:2' default='never'><always><jid>a@b/c</jid>"
      "<jid>juliet@host</jid></always><never><jid>m@n</jid></never></prefs>";
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq to='romeo@host/orchard' id='1' type='result'>" + prefs + "</iq>");
  ASSERT_NE(romeo.user->archive, nullptr);
  EXPECT_EQ(romeo.user->archive->always, (std::vector<std::string>{"a@b/c", "juliet@host"}));
  EXPECT_EQ(get(), "result " + prefs);
}

TEST_F(Preferences, ThatCouldNotBeSavedDoNotHold) {
  EXPECT_EQ(set("never", ""), "later");
  EXPECT_NE(settle(take_question(), im::StoreStatus::failed).find("internal-server-error"),
            std::string::npos);
  EXPECT_EQ(romeo.user->archive, nullptr);
}

TEST_F(Preferences, NonsenseIsRefused) {
  EXPECT_EQ(set("sometimes", ""), "error bad-request");
  EXPECT_EQ(set("", ""), "error bad-request");
  EXPECT_EQ(set("always", "<maybe/>"), "error bad-request");
  EXPECT_EQ(set("always", "<always><item>a@b</item></always>"), "error bad-request");
  EXPECT_EQ(set("always", "<never><jid>a@@b</jid></never>"), "error jid-malformed");
  im_options->archive_preferences_max = 2;
  EXPECT_EQ(set("always",
                "<always><jid>a@b</jid><jid>c@d</jid></always><never><jid>e@f</jid>"
                "</never>"),
            "error resource-constraint");
  EXPECT_EQ(take_question(), nullptr);
}

}  // namespace
}  // namespace xmpp::xep
