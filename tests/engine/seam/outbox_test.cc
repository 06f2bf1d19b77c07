#include "engine/seam/outbox.h"

#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

constexpr ConnectionId kRomeo{1, 1};
constexpr ConnectionId kJuliet{2, 1};

TEST(Outbox, EffectsKeepTheirOrder) {
  Outbox out;
  out.send(kRomeo, "a");
  out.start_tls(kRomeo);
  out.pause(kJuliet);
  out.move(kJuliet, 3);
  out.resume(kJuliet);
  out.close(kRomeo);
  out.abort(kJuliet);
  const EffectKind order[] = {EffectKind::send, EffectKind::start_tls, EffectKind::pause,
                              EffectKind::move, EffectKind::resume,    EffectKind::close,
                              EffectKind::abort};
  ASSERT_EQ(std::size(order), out.effects().size());
  for (size_t i = 0; i < std::size(order); ++i) EXPECT_EQ(order[i], out.effects()[i].kind);
  EXPECT_EQ(3, out.effects()[3].shard);
  EXPECT_EQ(kJuliet, out.effects()[3].connection);
}

TEST(Outbox, AdjacentSendsToOneConnectionAreOneEffect) {
  Outbox out;
  out.send(kRomeo, "<a/>");
  out.send(kRomeo, "<b/>");
  ASSERT_EQ(1u, out.effects().size());
  EXPECT_EQ("<a/><b/>", out.bytes(out.effects()[0]));
  out.send(kJuliet, "<c/>");
  out.send(kRomeo, "<d/>");
  ASSERT_EQ(3u, out.effects().size());
  EXPECT_EQ("<d/>", out.bytes(out.effects()[2]));
}

TEST(Outbox, NothingIsJoinedAcrossAnotherEffect) {
  Outbox out;
  out.send(kRomeo, "<proceed/>");
  out.start_tls(kRomeo);
  out.send(kRomeo, "<stream>");
  ASSERT_EQ(3u, out.effects().size());
  EXPECT_EQ("<proceed/>", out.bytes(out.effects()[0]));
  EXPECT_EQ("<stream>", out.bytes(out.effects()[2]));
}

TEST(Outbox, WritersBuildInPlace) {
  Outbox out;
  out.send(kJuliet, "x");
  out.begin_send(kRomeo).append("<message>");
  out.end_send();
  out.begin_send(kRomeo).append("</message>");
  out.end_send();
  ASSERT_EQ(2u, out.effects().size());
  EXPECT_EQ("<message></message>", out.bytes(out.effects()[1]));
}

TEST(Outbox, AnEmptySendIsNoEffect) {
  Outbox out;
  out.send(kRomeo, "");
  out.begin_send(kRomeo);
  out.end_send();
  EXPECT_TRUE(out.empty());
}

TEST(Outbox, MailAndQuestionsAreHandedOverOnce) {
  struct Asked : Question {
    int number = 7;
  };
  Outbox out;
  EnvelopePtr envelope = make_envelope(2);
  envelope->to = 5;
  out.mail(std::move(envelope));
  out.ask(std::make_unique<Asked>());
  ASSERT_EQ(2u, out.effects().size());
  EXPECT_EQ(5, out.effects()[0].shard);
  EXPECT_EQ(5, out.take_mail(out.effects()[0])->to);
  EXPECT_DEATH(out.take_mail(out.effects()[0]), "CHECK failed");
  const QuestionPtr question = out.take_question(out.effects()[1]);
  EXPECT_EQ(7, static_cast<Asked&>(*question).number);
  EXPECT_DEATH(out.take_question(out.effects()[1]), "CHECK failed");
}

TEST(Outbox, ClearForgetsEverything) {
  Outbox out;
  out.send(kRomeo, "a");
  out.mail(make_envelope(1));
  out.clear();
  EXPECT_TRUE(out.empty());
  out.send(kRomeo, "b");
  ASSERT_EQ(1u, out.effects().size());
  EXPECT_EQ("b", out.bytes(out.effects()[0]));
}

TEST(Outbox, ACallbackWithVeryMuchToSayKeepsNoMemory) {
  Outbox out;
  const std::string large(Outbox::kKeptBytes, 'x');
  for (int i = 0; i < 8; ++i) out.send(kRomeo, large);
  EXPECT_EQ(1u, out.effects().size());
  out.clear();
  EXPECT_LE(out.begin_send(kRomeo).capacity(), Outbox::kKeptBytes);
  out.end_send();
}

TEST(OutboxDeathTest, NothingElseMayBeAddedWhileBuilding) {
  Outbox out;
  out.begin_send(kRomeo);
  EXPECT_DEATH(out.close(kRomeo), "CHECK failed");
  EXPECT_DEATH(out.send(kRomeo, "a"), "CHECK failed");
  EXPECT_DEATH(out.mail(make_envelope(1)), "CHECK failed");
  EXPECT_DEATH(out.clear(), "CHECK failed");
}

TEST(OutboxDeathTest, ASendNeedsAConnection) {
  Outbox out;
  EXPECT_DEATH(out.send(ConnectionId{}, "a"), "CHECK failed");
  EXPECT_DEATH(out.end_send(), "CHECK failed");
}

TEST(Outbox, DatagramsKeepTheirAddressAndTheirPlaceInTheOrder) {
  Outbox out;
  const base::SocketAddress phone = base::parse_address("192.0.2.7", 5060);
  out.send(kRomeo, "<a/>");
  out.send_datagram(2, phone, "OPTIONS");
  out.begin_datagram(3, phone).append("NOTIFY ").append("sip:bob");
  out.end_datagram();
  out.send(kRomeo, "<b/>");
  ASSERT_EQ(4u, out.effects().size());
  EXPECT_EQ("<a/>", out.bytes(out.effects()[0]));
  const OutgoingDatagram& first = out.datagram(out.effects()[1]);
  EXPECT_EQ(2, first.listener);
  EXPECT_EQ(phone, first.to);
  EXPECT_EQ("OPTIONS", out.bytes(first));
  EXPECT_EQ("NOTIFY sip:bob", out.bytes(out.datagram(out.effects()[2])));
  EXPECT_EQ("<b/>", out.bytes(out.effects()[3]));
  out.clear();
  EXPECT_TRUE(out.empty());
}

TEST(Outbox, AnEmptyDatagramIsNone) {
  Outbox out;
  out.send_datagram(0, base::parse_address("::1", 5060), "");
  EXPECT_TRUE(out.empty());
  out.send_datagram(0, base::parse_address("::1", 5060), "x");
  EXPECT_EQ("x", out.bytes(out.datagram(out.effects()[0])));
}

TEST(Outbox, AConnectKeepsWhatWasAskedFor) {
  Outbox out;
  const base::SocketAddress trunk = base::parse_address("2001:db8::1", 5061);
  out.connect(7, {.remote = trunk, .tls = true, .tls_context = 1, .server_name = "cucm.example"});
  ASSERT_EQ(1u, out.effects().size());
  const OutgoingConnection taken = out.take_connect(out.effects()[0]);
  EXPECT_EQ(7u, taken.token);
  EXPECT_EQ(trunk, taken.how.remote);
  EXPECT_TRUE(taken.how.tls);
  EXPECT_EQ(1, taken.how.tls_context);
  EXPECT_EQ("cucm.example", taken.how.server_name);
}

}  // namespace
}  // namespace engine
