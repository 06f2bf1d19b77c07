#include "engine/base/socket_address.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

std::string text(const SocketAddress& address) {
  Sink out;
  append_address_and_port(address, out);
  return out;
}

TEST(SocketAddress, TextGoesInAndComesOutInItsShortestForm) {
  EXPECT_EQ("192.0.2.1:5060", text(parse_address("192.0.2.1", 5060)));
  EXPECT_EQ("[2001:db8::1]:5061", text(parse_address("2001:0DB8:0:0::0:1", 5061)));
  EXPECT_EQ("[2001:db8::1]:5061", text(parse_address("[2001:db8::1]", 5061)));
  EXPECT_EQ("[fe80::1%3]:1", text(parse_address("fe80::1%3", 1)));
  EXPECT_EQ("", text({}));
}

TEST(SocketAddress, WhatIsNoNumericAddressIsNone) {
  for (const char* wrong : {"", "example.com", "192.0.2", "192.0.2.256", "192.0.2.1:5060",
                            "[192.0.2.1]", "[::1", "::1]", ":::", "fe80::1%", "fe80::1%eth0",
                            "192.0.2.1%1", "fe80::1%4294967296", " ::1", "1.2.3.4 "}) {
    EXPECT_FALSE(parse_address(wrong, 5060)) << wrong;
  }
  EXPECT_FALSE(parse_address(Bytes("::1\0x", 5), 5060));
  EXPECT_FALSE(parse_address(std::string(100, '1'), 5060));
}

TEST(SocketAddress, OneHostHasOneSpellingWhateverSocketItWasHeardOn) {
  const SocketAddress mapped = parse_address("::ffff:192.0.2.1", 5060);
  EXPECT_EQ(parse_address("192.0.2.1", 5060), mapped);
  EXPECT_EQ(SocketAddress::Family::ipv4, mapped.family);
  EXPECT_EQ(4u, mapped.address().size());
  EXPECT_EQ(16u, parse_address("::1", 0).address().size());
}

TEST(SocketAddress, EveryPartCountsInComparisonAndHash) {
  const SocketAddress one = parse_address("fe80::1%1", 5060);
  for (const SocketAddress& other :
       {parse_address("fe80::2%1", 5060), parse_address("fe80::1%2", 5060),
        parse_address("fe80::1%1", 5061), parse_address("192.0.2.1", 5060)}) {
    EXPECT_NE(one, other);
    EXPECT_NE(keyed_hash(one), keyed_hash(other));
  }
  EXPECT_EQ(keyed_hash(one), keyed_hash(parse_address("fe80::1%1", 5060)));
  EXPECT_EQ(SocketAddress{}, parse_address("nobody", 5060));
}

}  // namespace
}  // namespace base
