#include "protocols/sip/transport/flow.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

Flow back_of(base::Bytes via_text, bool stream = false) {
  Via via;
  EXPECT_TRUE(parse_via(via_text, via)) << via_text;
  Flow source;
  source.remote = base::parse_address("192.0.2.9", 40'000);
  source.listener = 3;
  if (stream) source.connection = {1, 1};
  return response_flow(via, source);
}

// RFC 3261 §18.2.2, RFC 3581 §4.
TEST(Flow, DatagramsGoBackToWhereTheyCameFrom) {
  EXPECT_EQ(back_of("SIP/2.0/UDP h:5080;rport").remote.port, 40'000);
  EXPECT_EQ(back_of("SIP/2.0/UDP h:5080").remote.port, 5080);
  EXPECT_EQ(back_of("SIP/2.0/UDP h").remote.port, 5060);
  EXPECT_EQ(back_of("SIP/2.0/UDP h").listener, 3);
  EXPECT_FALSE(back_of("SIP/2.0/UDP h").reliable());
}

// An answer is never sent where a stranger points.
TEST(Flow, MaddrAndReceivedMoveNothing) {
  const base::SocketAddress source = base::parse_address("192.0.2.9", 5060);
  EXPECT_EQ(back_of("SIP/2.0/UDP 198.51.100.1;maddr=203.0.113.1").remote, source);
  EXPECT_EQ(back_of("SIP/2.0/UDP 198.51.100.1;received=203.0.113.1").remote, source);
}

TEST(Flow, StreamsAnswerOnTheirConnection) {
  const Flow back = back_of("SIP/2.0/TCP h:5080", true);
  EXPECT_TRUE(back.reliable());
  EXPECT_EQ(back.connection, (engine::ConnectionId{1, 1}));
}

TEST(Flow, BytesLeaveByTheirTransport) {
  engine::Outbox out;
  Flow flow;
  flow.remote = base::parse_address("2001:db8::1", 5060);
  flow.listener = 2;
  send(flow, "datagram", out);
  flow.connection = {4, 5};
  send(flow, "stream", out);
  ASSERT_EQ(out.effects().size(), 2u);
  const engine::OutgoingDatagram& datagram = out.datagram(out.effects()[0]);
  EXPECT_EQ(datagram.to, flow.remote);
  EXPECT_EQ(datagram.listener, 2);
  EXPECT_EQ(out.bytes(datagram), "datagram");
  EXPECT_EQ(out.effects()[1].connection, flow.connection);
  EXPECT_EQ(out.bytes(out.effects()[1]), "stream");
}

std::string key(base::Bytes address, uint16_t port, Via::Transport transport, base::Bytes name) {
  std::string out;
  append_connection_key({base::parse_address(address, port), transport, name}, out);
  return out;
}

TEST(ConnectionKey, EqualIfAndOnlyIfTheConnectionMayBeShared) {
  constexpr Via::Transport kTls = Via::Transport::tls;
  const std::string one = key("192.0.2.1", 5061, kTls, "Example.com");
  EXPECT_EQ(one, key("192.0.2.1", 5061, kTls, "example.COM"));
  EXPECT_EQ(one, key("::ffff:192.0.2.1", 5061, kTls, "example.com"));
  EXPECT_NE(one, key("192.0.2.1", 5062, kTls, "example.com"));
  EXPECT_NE(one, key("192.0.2.2", 5061, kTls, "example.com"));
  EXPECT_NE(one, key("192.0.2.1", 5061, kTls, "example.net"));
  EXPECT_NE(one, key("192.0.2.1", 5061, kTls, ""));
  EXPECT_NE(key("192.0.2.1", 5061, kTls, ""), key("192.0.2.1", 5061, Via::Transport::tcp, ""));
}

}  // namespace
}  // namespace sip
