#include "bench/load/client/stanza_counter.h"

#include <gtest/gtest.h>

#include <string>

namespace load {
namespace {

constexpr char kStream[] =
    "<message from='a@b' to='c@d'><body>1 &lt; 2</body><x xmlns='y'/></message>"
    " <presence/><r xmlns='urn:xmpp:sm:3'/>"
    "<iq type='result' id='1'><query xmlns=\"jabber:iq:roster\"><item jid='m@x' name='>'/>"
    "</query></iq><a xmlns='urn:xmpp:sm:3' h='123'/><a h=\"17\" xmlns='urn:xmpp:sm:3'></a>"
    "<presence type='unavailable'><a h='9'/><status>/</status></presence>";

void expect_all(StanzaCounter& counter, size_t cut) {
  EXPECT_EQ(4u, counter.stanzas()) << cut;
  EXPECT_EQ(1u, counter.take_requests()) << cut;
  EXPECT_EQ(0u, counter.take_requests()) << cut;
  EXPECT_EQ(17u, counter.acknowledged()) << cut;
}

TEST(StanzaCounter, StreamCutAtEveryByteCountsTheSame) {
  const std::string stream = kStream;
  for (size_t at = 0; at <= stream.size(); ++at) {
    StanzaCounter counter;
    counter.feed(std::string_view(stream).substr(0, at));
    counter.feed(std::string_view(stream).substr(at));
    expect_all(counter, at);
  }
}

TEST(StanzaCounter, AStanzaCountsWhenItIsOver) {
  StanzaCounter counter;
  counter.feed("<message><body>");
  EXPECT_EQ(0u, counter.stanzas());
  counter.feed("</body></message");
  EXPECT_EQ(0u, counter.stanzas());
  counter.feed(">");
  EXPECT_EQ(1u, counter.stanzas());
}

TEST(StanzaCounter, WhatIsInsideAStanzaIsNone) {
  StanzaCounter counter;
  counter.feed("<message><forwarded><message><body/></message><r/></forwarded></message>");
  EXPECT_EQ(1u, counter.stanzas());
  EXPECT_EQ(0u, counter.take_requests());
}

}  // namespace
}  // namespace load
