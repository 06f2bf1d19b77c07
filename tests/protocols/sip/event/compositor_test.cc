#include "protocols/sip/event/compositor.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

const std::string kBusy =
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:alice@xmpp.example'><tuple id='a'>"
    "<status><basic>closed</basic></status></tuple><person xmlns='urn:ietf:params:xml:ns:pidf:"
    "data-model' id='p'><activities><busy/></activities></person></presence>";
const std::string kFields = "Event: presence\r\nContent-Type: application/pidf+xml\r\n";

std::string if_match(const std::string& tag) { return "SIP-If-Match: " + tag + "\r\n"; }

struct CompositorTest : testing::Test, EventStage {
  std::string publish(const std::string& fields, const std::string& body) {
    datagram(request("PUBLISH", fields, body));
    return what(sent.back());
  }
  im::Claim claim() {
    im::User* const alice = realm->find_user("alice@xmpp.example");
    return alice == nullptr ? im::Claim::offline : realm->presentity(*alice).composed().claim;
  }
};

TEST_F(CompositorTest, ALifeHasATagOfItsOwnAtEveryAnswer) {
  ASSERT_EQ(publish(kFields + "Expires: 600\r\n", kBusy), "200");
  EXPECT_EQ(last("Expires"), "600");
  const std::string first = last("SIP-ETag");
  EXPECT_EQ(claim(), im::Claim::on_the_phone);
  ASSERT_EQ(publish("Event: presence\r\n" + if_match(first), ""), "200");
  const std::string second = last("SIP-ETag");
  EXPECT_NE(first, second);
  EXPECT_EQ(publish("Event: presence\r\n" + if_match(first), ""), "412");
  EXPECT_EQ(publish("Event: presence\r\nExpires: 0\r\n" + if_match(second), ""), "200");
  EXPECT_NE(last("SIP-ETag"), second);
  EXPECT_EQ(claim(), im::Claim::offline);
}

TEST_F(CompositorTest, IsAnsweredWhenItIsOnTheDisk) {
  log.hold();
  {
    engine::Turn here = turn();
    service->on_datagram(
        {0, base::parse_address("192.0.2.1", 5060), request("PUBLISH", kFields, kBusy)}, here);
  }
  settle();
  EXPECT_TRUE(sent.empty());
  commit();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(what(sent[0]), "200");
}

TEST_F(CompositorTest, WhatIsRefused) {
  EXPECT_EQ(publish("Content-Type: application/pidf+xml\r\n", kBusy), "489");
  EXPECT_EQ(last("Allow-Events"), "presence");
  EXPECT_EQ(publish("Event: kpml\r\nContent-Type: application/pidf+xml\r\n", kBusy), "489");
  EXPECT_EQ(publish("Event: presence\r\nContent-Type: text/plain\r\n", kBusy), "415");
  EXPECT_EQ(last("Accept"), "application/pidf+xml");
  EXPECT_EQ(publish(kFields + "Expires: 59\r\n", kBusy), "423");
  EXPECT_EQ(last("Min-Expires"), "60");
  EXPECT_EQ(publish(kFields, "<presence"), "400");
  EXPECT_EQ(publish("Event: presence\r\n", ""), "400");
  EXPECT_EQ(publish(kFields + if_match("none"), kBusy), "412");
  datagram(request("PUBLISH", kFields, kBusy, "", "x@sip.example", "nobody@xmpp.example"));
  EXPECT_EQ(what(sent.back()), "404");
  datagram(request("PUBLISH", kFields, kBusy, "", "x@sip.example", "alice@other.example"));
  EXPECT_EQ(what(sent.back()), "404");
  // A peer that does not say what phones do.
  datagram(request("PUBLISH", kFields, kBusy, "", "x@ask.example"), "192.0.2.2");
  EXPECT_EQ(what(sent.back()), "403");
  EXPECT_EQ(claim(), im::Claim::offline);
}

TEST_F(CompositorTest, ExpiresUnlessRefreshed) {
  ASSERT_EQ(publish(kFields + "Expires: 60\r\n", kBusy), "200");
  advance(50);
  ASSERT_EQ(publish("Event: presence\r\nExpires: 60\r\n" + if_match(last("SIP-ETag")), ""), "200");
  advance(50);
  EXPECT_EQ(claim(), im::Claim::on_the_phone);
  advance(11);
  EXPECT_EQ(claim(), im::Claim::offline);
}

TEST(EntityTag, IsReadAsItWasWritten) {
  std::string text;
  write_entity_tag({{0x1234567890abcdefu, 7}, 0x1a}, text);
  EXPECT_EQ(text, "1234567890abcdef00000007001a");
  EntityTag tag;
  ASSERT_TRUE(read_entity_tag(text, tag));
  EXPECT_EQ(tag.publication.id, 0x1234567890abcdefu);
  EXPECT_EQ(tag.publication.version, 7u);
  EXPECT_EQ(tag.node, 0x1au);
  ASSERT_TRUE(read_entity_tag("1234567890abcdef00000008", tag)) << "of a former version";
  EXPECT_EQ(tag.publication.version, 8u);
  EXPECT_EQ(tag.node, 0u);
  for (const char* wrong : {"", "7", "000000000000000000000001", "1234567890abcdef0000000g",
                            "1234567890abcdef000000070", "1234567890abcdef00000007001g",
                            "1234567890abcdef00000007001a0"}) {
    EXPECT_FALSE(read_entity_tag(wrong, tag)) << wrong;
  }
}

}  // namespace
}  // namespace sip
