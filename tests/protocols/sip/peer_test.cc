#include "protocols/sip/peer.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

Flow from(base::Bytes address, bool datagram = false) {
  Flow flow;
  flow.remote = base::parse_address(address, 40000);
  if (!datagram) flow.connection = {1, 1};
  return flow;
}

TEST(TrunkPeer, IsKnownByItsAddressesWhateverThePortAndSpeaksForItsDomains) {
  std::vector<TrunkPeer> peers(2);
  peers[0].address = base::parse_address("192.0.2.1", 5060);
  peers[0].domains = {"one.example"};
  peers[1].address = base::parse_address("192.0.2.1", 5070);
  peers[1].sources = {base::parse_address("2001:db8::1", 0)};
  peers[1].domains = {"two.example", "three.example"};
  EXPECT_TRUE(trusted(peers, from("192.0.2.1")));
  EXPECT_TRUE(trusted(peers, from("2001:db8::1")));
  EXPECT_FALSE(trusted(peers, from("192.0.2.2")));
  EXPECT_TRUE(trusted_for(peers, from("192.0.2.1"), "one.example"));
  EXPECT_TRUE(trusted_for(peers, from("192.0.2.1"), "two.example"));
  EXPECT_FALSE(trusted_for(peers, from("2001:db8::1"), "one.example"));
  EXPECT_EQ(peer_for(peers, "three.example"), &peers[1]);
  EXPECT_EQ(peer_for(peers, "four.example"), nullptr);
}

TEST(TrunkPeer, OfConnectionsIsNotBelievedByDatagram) {
  std::vector<TrunkPeer> peers(1);
  peers[0].address = base::parse_address("192.0.2.1", 5060);
  peers[0].domains = {"one.example"};
  EXPECT_TRUE(trusted(peers, from("192.0.2.1", false)));
  EXPECT_FALSE(trusted(peers, from("192.0.2.1", true)));
  EXPECT_FALSE(trusted_for(peers, from("192.0.2.1", true), "one.example"));
  peers[0].datagrams = true;
  EXPECT_TRUE(trusted_for(peers, from("192.0.2.1", true), "one.example"));
  EXPECT_TRUE(trusted_for(peers, from("192.0.2.1", false), "one.example"));
}

TEST(TrunkPeer, WithSubjectsIsKnownByItsCertificateAloneFromAnyAddress) {
  std::vector<TrunkPeer> peers(2);
  for (uint64_t i = 0; i < 2; ++i) {
    peers[i].id = i + 1;
    peers[i].address = base::parse_address("192.0.2.1", 5060);
    peers[i].datagrams = true;
  }
  peers[0].domains = {"one.example"};
  peers[1].domains = {"two.example"};
  peers[1].subjects = {"gate.example"};
  EXPECT_TRUE(trusted_for(peers, from("192.0.2.1"), "one.example"));
  EXPECT_FALSE(trusted_for(peers, from("192.0.2.1"), "two.example"));
  EXPECT_FALSE(trusted_for(peers, from("192.0.2.1", true), "two.example"));
  Flow certain = from("203.0.113.9");
  certain.peer = 2;
  EXPECT_TRUE(trusted_for(peers, certain, "two.example"));
  EXPECT_FALSE(trusted_for(peers, certain, "one.example"));
  certain.remote = base::parse_address("192.0.2.1", 40000);
  EXPECT_FALSE(trusted_for(peers, certain, "one.example")) << "though it speaks from there";
  certain.peer = 3;
  EXPECT_FALSE(trusted(peers, certain)) << "a peer of settings that are gone";
  const engine::CertificateName names[] = {{engine::CertificateName::Kind::dns, "gate.example"}};
  EXPECT_EQ(peer_named(peers, names), &peers[1]);
  EXPECT_EQ(peer_named(peers, {}), nullptr);
}

TEST(TrunkPeer, ANodeOfTheClusterIsOneOfThem) {
  std::vector<TrunkPeer> peers(2);
  peers[0].address = base::parse_address("192.0.2.1", 5060);
  peers[1].address = base::parse_address("192.0.2.10", 5060);
  peers[1].node = 0;
  peers[1].host_node = "first.example";
  EXPECT_EQ(peer_at_node(peers, 0), &peers[1]);
  EXPECT_EQ(peer_at_node(peers, 1), nullptr);
  EXPECT_TRUE(speaks_from_a_node(peers, from("192.0.2.10")));
  EXPECT_FALSE(speaks_from_a_node(peers, from("192.0.2.10", true)));
  EXPECT_FALSE(speaks_from_a_node(peers, from("192.0.2.1")));
  EXPECT_EQ(peers[1].name(), "first.example");
}

}  // namespace
}  // namespace sip
