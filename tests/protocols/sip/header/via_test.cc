#include "protocols/sip/header/via.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

TEST(Via, PartsAreRead) {
  Via out;
  ASSERT_TRUE(
      parse_via("SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1 "
                ";branch=z9hG4bKa7c6a8dlze.1;received=192.0.2.207;rport=9988",
                out));
  EXPECT_EQ(out.transport, Via::Transport::udp);
  EXPECT_EQ(out.host, "first.example.com");
  EXPECT_EQ(out.port, 4000);
  EXPECT_EQ(out.maddr, "224.2.0.1");
  EXPECT_EQ(out.branch, "z9hG4bKa7c6a8dlze.1");
  EXPECT_EQ(out.received, "192.0.2.207");
  EXPECT_TRUE(out.has_rport);
  EXPECT_EQ(out.rport, 9988);
  EXPECT_TRUE(out.has_modern_branch());
}

// RFC 3261 §20.42, RFC 4475 §3.1.1.1: white space around every separator.
TEST(Via, WhiteSpaceMayStandAroundEverySeparator) {
  Via out;
  ASSERT_TRUE(parse_via("SIP  / 2.0\r\n  /UDP\r\n    192.0.2.2 : 5060 ; branch = 390skdjuw", out));
  EXPECT_EQ(out.host, "192.0.2.2");
  EXPECT_EQ(out.port, 5060);
  EXPECT_EQ(out.branch, "390skdjuw");
  EXPECT_FALSE(out.has_modern_branch());
}

TEST(Via, TransportsAreKnownAndOthersBorne) {
  const std::pair<base::Bytes, Via::Transport> cases[] = {
      {"UDP", Via::Transport::udp}, {"tcp", Via::Transport::tcp}, {"TLS", Via::Transport::tls},
      {"WS", Via::Transport::ws},   {"wss", Via::Transport::wss}, {"SCTP", Via::Transport::other},
  };
  for (const auto& [name, transport] : cases) {
    Via out;
    ASSERT_TRUE(parse_via("SIP/2.0/" + std::string(name) + " h;branch=z9hG4bK1", out));
    EXPECT_EQ(out.transport, transport) << name;
  }
}

// RFC 5118 §4.5: IPv6 addresses in received with and without brackets.
TEST(Via, Ipv6AddressesAreRead) {
  Via out;
  ASSERT_TRUE(parse_via("SIP/2.0/UDP [2001:db8::9:1]:6050;received=[2001:db8::9:255];rport", out));
  EXPECT_EQ(out.host, "[2001:db8::9:1]");
  EXPECT_EQ(out.port, 6050);
  EXPECT_EQ(out.received, "[2001:db8::9:255]");
  EXPECT_TRUE(out.has_rport);
  EXPECT_EQ(out.rport, 0);
  ASSERT_TRUE(parse_via("SIP/2.0/UDP [::ffff:1.2.3.4];received=2001:db8::9:255", out));
  EXPECT_EQ(out.received, "2001:db8::9:255");
}

TEST(Via, CookieAloneIsNoBranch) {
  Via out;
  ASSERT_TRUE(parse_via("SIP/2.0/UDP h;branch=z9hG4bK", out));  // RFC 4475 §3.1.1.8
  EXPECT_FALSE(out.has_modern_branch());
}

TEST(Via, MalformedOnesAreRefused) {
  for (const base::Bytes value : {"",
                                  "SIP/2.0/UDP",
                                  "SIP/2.0/UDP ",
                                  "SIP/2.0 h",
                                  "SIP/7.0/UDP h",
                                  "HTTP/2.0/UDP h",
                                  "SIP/2.0/UDP h:0",
                                  "SIP/2.0/UDP h:65536",
                                  "SIP/2.0/UDP h:",
                                  "SIP/2.0/UDP h;branch",
                                  "SIP/2.0/UDP h;branch=",
                                  "SIP/2.0/UDP h;branch=\"a\"",
                                  "SIP/2.0/UDP h;rport=x",
                                  "SIP/2.0/UDP h;rport=70000",
                                  "SIP/2.0/UDP h;;",
                                  "SIP/2.0/UDP h x",
                                  "SIP/2.0/UDP [::1",
                                  "SIP/2.0/UDP [1.2.3.4]",
                                  "SIP/2.0/UDP [::g]",
                                  "SIP/2.0/UDP 2001:db8::1",
                                  "SIP/2.0/UDPh"}) {
    Via out;
    EXPECT_FALSE(parse_via(value, out)) << value;
  }
}

TEST(Via, TopmostIsReadWhateverFollowsIt) {
  WithFields one("v: SIP/2.0/TCP a;branch=z9hG4bK1 , not a Via\r\nVia: neither\r\n");
  Via out;
  uint32_t size = 0;
  ASSERT_EQ(read_top_via(one.message, out, size), Read::ok);
  EXPECT_EQ(out.host, "a");
  EXPECT_EQ(one.message.value(HeaderId::via).substr(0, size), "SIP/2.0/TCP a;branch=z9hG4bK1");
  EXPECT_EQ(read_top_via(WithFields("To: x\r\n").message, out, size), Read::absent);
  EXPECT_EQ(read_top_via(WithFields("Via: SIP/2.0/TCP a b\r\n").message, out, size),
            Read::malformed);
}

}  // namespace
}  // namespace sip
