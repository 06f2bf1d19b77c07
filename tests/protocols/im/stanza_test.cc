#include "protocols/im/stanza.h"

#include <gtest/gtest.h>

#include "protocols/im/stanza_error.h"

namespace im {
namespace {

Stanza full_stanza() {
  Stanza stanza;
  stanza.kind = StanzaKind::presence;
  stanza.type = StanzaType::unavailable;
  stanza.facts = {.body = true, .carbon_private = true, .direct = true, .archived = true};
  stanza.from = jid::JidView::trusted("a@b/o'clock & \"more\"");
  stanza.to = jid::JidView::trusted("c@d");
  stanza.id = "<id>";
  stanza.lang = "de";
  stanza.attributes = " xmlns:x='urn:x' x:y='z'";
  stanza.payload = "<status>gone</status>";
  stanza.status = "gone";
  stanza.priority = -7;
  return stanza;
}

std::string packed(const Stanza& stanza) {
  std::string out;
  pack(stanza, out);
  return out;
}

TEST(Stanza, SurvivesPackingWhole) {
  const std::string bytes = packed(full_stanza());
  EXPECT_EQ(bytes.size(), packed_size(full_stanza()));
  Stanza back;
  ASSERT_TRUE(unpack(bytes, back));
  EXPECT_EQ(packed(back), bytes);
  EXPECT_EQ(back.kind, StanzaKind::presence);
  EXPECT_EQ(back.type, StanzaType::unavailable);
  EXPECT_EQ(back.from.resource(), "o'clock & \"more\"");
  EXPECT_EQ(back.to.full(), "c@d");
  EXPECT_EQ(back.id, "<id>");
  EXPECT_EQ(back.lang, "de");
  EXPECT_EQ(back.attributes, " xmlns:x='urn:x' x:y='z'");
  EXPECT_EQ(back.payload, "<status>gone</status>");
  EXPECT_EQ(back.status, "gone");
  EXPECT_EQ(back.priority, -7);
  EXPECT_TRUE(back.facts.body && back.facts.carbon_private && back.facts.direct);
  EXPECT_TRUE(back.facts.archived);
  EXPECT_FALSE(back.facts.delayed || back.facts.no_copy || back.facts.store);
}

TEST(Stanza, NoCutOrLongerBlockIsTakenForAStanza) {
  const std::string bytes = packed(full_stanza());
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::string cut(bytes, 0, length);
    Stanza back;
    EXPECT_FALSE(unpack(cut, back)) << length;
  }
  Stanza back;
  EXPECT_FALSE(unpack(bytes + "x", back));
}

TEST(Stanza, BlockOfAnotherVersionIsRefused) {
  std::string bytes = packed(full_stanza());
  Stanza back;
  bytes[0] = 1;
  EXPECT_FALSE(unpack(bytes, back));
  bytes[0] = 2;
  bytes[1] = 9;
  EXPECT_FALSE(unpack(bytes, back));
}

TEST(Stanza, BlockOfAKindThatHasNoSuchTypeIsRefused) {
  std::string bytes;
  pack(Stanza{.kind = StanzaKind::presence, .type = StanzaType::probe}, bytes);
  Stanza back;
  ASSERT_TRUE(unpack(bytes, back));
  bytes[1] = static_cast<char>(StanzaKind::message);
  EXPECT_FALSE(unpack(bytes, back));
}

TEST(Stanza, IsWrittenWithItsAttributesEscaped) {
  std::string out;
  write(full_stanza(), full_stanza().to, {}, out);
  EXPECT_EQ(out,
            "<presence from='a@b/o&apos;clock &amp; &quot;more&quot;' to='c@d' id='&lt;id&gt;' "
            "type='unavailable' xml:lang='de' xmlns:x='urn:x' x:y='z'>"
            "<status>gone</status></presence>");
}

TEST(Stanza, WithoutContentIsAnEmptyElement) {
  Stanza stanza;
  std::string out;
  write(stanza, {}, {}, out);
  EXPECT_EQ(out, "<message/>");
}

TEST(Stanza, LineBreaksInAttributesSurviveNormalisation) {
  Stanza stanza;
  stanza.id = "a\tb\nc\rd";
  std::string out;
  write(stanza, {}, {}, out);
  EXPECT_EQ(out, "<message id='a&#9;b&#10;c&#13;d'/>");
}

TEST(StanzaType, EveryNameIsReadBack) {
  struct Row {
    StanzaKind kind;
    base::Bytes text;
    bool known;
    StanzaType type;
  };
  const Row rows[] = {
      {StanzaKind::message, "", true, StanzaType::normal},
      {StanzaKind::message, "normal", true, StanzaType::normal},
      {StanzaKind::message, "chat", true, StanzaType::chat},
      {StanzaKind::message, "groupchat", true, StanzaType::groupchat},
      {StanzaKind::message, "headline", true, StanzaType::headline},
      {StanzaKind::message, "error", true, StanzaType::error},
      {StanzaKind::message, "shout", true, StanzaType::normal},
      {StanzaKind::presence, "", true, StanzaType::available},
      {StanzaKind::presence, "unavailable", true, StanzaType::unavailable},
      {StanzaKind::presence, "subscribe", true, StanzaType::subscribe},
      {StanzaKind::presence, "subscribed", true, StanzaType::subscribed},
      {StanzaKind::presence, "unsubscribe", true, StanzaType::unsubscribe},
      {StanzaKind::presence, "unsubscribed", true, StanzaType::unsubscribed},
      {StanzaKind::presence, "probe", true, StanzaType::probe},
      {StanzaKind::presence, "error", true, StanzaType::error},
      {StanzaKind::presence, "available", false, {}},
      {StanzaKind::presence, "chat", false, {}},
      {StanzaKind::iq, "get", true, StanzaType::get},
      {StanzaKind::iq, "set", true, StanzaType::set},
      {StanzaKind::iq, "result", true, StanzaType::result},
      {StanzaKind::iq, "error", true, StanzaType::error},
      {StanzaKind::iq, "", false, {}},
      {StanzaKind::iq, "Get", false, {}},
  };
  for (const Row& row : rows) {
    StanzaType type = StanzaType::error;
    EXPECT_EQ(parse_type(row.kind, row.text, type), row.known) << row.text;
    if (row.known) {
      EXPECT_EQ(type, row.type) << row.text;
    }
  }
}

TEST(StanzaError, SaysTypeConditionTextAndApplication) {
  StanzaError why = error(ErrorCondition::not_acceptable, "a < b & c");
  why.application = "<blocked xmlns='urn:xmpp:blocking:errors'/>";
  std::string out;
  write(why, out);
  EXPECT_EQ(out,
            "<error type='modify'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>a &lt; b &amp; c</text>"
            "<blocked xmlns='urn:xmpp:blocking:errors'/></error>");
}

TEST(StanzaError, ConditionsHaveTheTypesOfTheRfc) {
  EXPECT_EQ(error(ErrorCondition::service_unavailable).type, ErrorType::cancel);
  EXPECT_EQ(error(ErrorCondition::resource_constraint).type, ErrorType::wait);
  EXPECT_EQ(error(ErrorCondition::bad_request).type, ErrorType::modify);
  EXPECT_EQ(error(ErrorCondition::forbidden).type, ErrorType::auth);
  EXPECT_EQ(name(ErrorCondition::unexpected_request), "unexpected-request");
}

}  // namespace
}  // namespace im
