#include "protocols/sip/origin.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

struct OriginTest : testing::Test {
  OriginTest() {
    peers.resize(1);
    peers[0].node = 1;
    peers[0].address = base::parse_address("192.0.2.11", 5060);
    way.remote = base::parse_address("192.0.2.11", 40000);
    way.connection = {7, 1};
  }
  Flow read(const std::string& field) {
    const std::string text =
        "PUBLISH sip:b@c SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 PUBLISH\r\n" +
        field + "Content-Length: 0\r\n\r\n";
    Message message;
    Essentials essentials;
    Fault fault = Fault::none;
    EXPECT_TRUE(message.index_datagram(text) && read_essentials(message, essentials, fault));
    return origin_of({message, essentials, {}, way, {}}, peers);
  }
  static std::string written(const Flow& flow) {
    std::string text = "Rollcall-Origin: ";
    write_origin(flow, text);
    return text + "\r\n";
  }
  std::vector<TrunkPeer> peers;
  Flow way;
};

TEST_F(OriginTest, ANodeSaysWhoseARequestIs) {
  for (const char* address : {"192.0.2.2", "2001:db8::2"}) {
    for (const bool reliable : {false, true}) {
      Flow flow;
      flow.remote = base::parse_address(address, 5099);
      flow.peer = UINT64_MAX;
      if (reliable) flow.connection = {1, 2};
      const Flow found = read(written(flow));
      EXPECT_EQ(found.remote, flow.remote);
      EXPECT_EQ(found.peer, flow.peer);
      EXPECT_EQ(found.reliable(), reliable);
    }
  }
}

TEST_F(OriginTest, WithoutAWordOfItsOwnItIsTheNodesRequest) {
  EXPECT_EQ(read("").remote, way.remote);
}

TEST_F(OriginTest, NobodyElseIsBelieved) {
  way.remote = base::parse_address("192.0.2.12", 40000);
  Flow flow;
  flow.remote = base::parse_address("192.0.2.2", 5060);
  EXPECT_EQ(read(written(flow)).remote, way.remote);
}

TEST_F(OriginTest, WhatCannotBeReadIsNobody) {
  for (const char* wrong : {"", "tcp", "tls 192.0.2.2 5060 1", "tcp pc 5060 1", "tcp 192.0.2.2 x 1",
                            "tcp 192.0.2.2 5060",
                            "tcp 192.0.2.2 5060 1 "
                            "2",
                            "udp 192.0.2.2 70000 1"}) {
    const Flow found = read("Rollcall-Origin: " + std::string(wrong) + "\r\n");
    EXPECT_FALSE(found.remote) << wrong;
    EXPECT_FALSE(found.reliable()) << wrong;
    EXPECT_EQ(found.peer, 0u) << wrong;
  }
}

}  // namespace
}  // namespace sip
