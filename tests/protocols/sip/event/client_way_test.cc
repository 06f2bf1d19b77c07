#include "protocols/sip/event/client_way.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

struct ClientWayTest : testing::Test {
  ClientWayTest() {
    options.first_listener = 3;
    options.listeners = {ListenerKind::tcp, ListenerKind::udp, ListenerKind::tls};
    options.sent_by = "one.example";
    options.sent_by_tls = "one.example:5061";
    datagrams.flow.remote = base::parse_address("2001:db8::1", 5070);
    datagrams.flow.listener = 4;
    connection.flow.connection = {7, 1};
    connection.flow.remote = base::parse_address("192.0.2.1", 4711);
    connection.flow.listener = 3;
  }
  static std::string packed(const ClientWay& way) {
    std::string out;
    pack(way, out);
    return out;
  }
  std::string contact(const ClientWay& way) const {
    std::string out;
    append_contact(way, options, out);
    return out;
  }
  Options options;
  ClientWay datagrams;
  ClientWay connection;
};

TEST_F(ClientWayTest, OfDatagramsGoesOnAfterARestart) {
  ClientWay way;
  ASSERT_TRUE(unpack(packed(datagrams), options, 2, way));
  EXPECT_EQ(way.flow.remote, datagrams.flow.remote);
  EXPECT_EQ(way.flow.listener, 4);
  EXPECT_EQ(way.shard, 2);
  EXPECT_FALSE(way.lost());
  options.listeners = {ListenerKind::tcp};
  ASSERT_TRUE(unpack(packed(datagrams), options, 2, way));
  EXPECT_TRUE(way.lost());
}

TEST_F(ClientWayTest, ByConnectionIsLostWithIt) {
  EXPECT_FALSE(connection.lost());
  ClientWay way;
  ASSERT_TRUE(unpack(packed(connection), options, 0, way));
  EXPECT_TRUE(way.lost());
  EXPECT_EQ(packed(way), packed(connection));
}

TEST_F(ClientWayTest, WhatIsNoneIsRefused) {
  ClientWay way;
  for (const char* text : {"", "5060", "5060 ", "5060 pc", "70000 192.0.2.1", "x 192.0.2.1"}) {
    EXPECT_FALSE(unpack(text, options, 0, way)) << text;
  }
}

TEST_F(ClientWayTest, ContactNamesItsTransport) {
  EXPECT_EQ(contact(datagrams), "<sip:one.example>");
  EXPECT_EQ(contact(connection), "<sip:one.example;transport=tcp>");
  connection.flow.listener = 5;
  EXPECT_EQ(contact(connection), "<sip:one.example:5061;transport=tls>");
}

}  // namespace
}  // namespace sip
