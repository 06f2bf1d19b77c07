#include "protocols/sip/peer.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(TrunkPeer, IsKnownByItsAddressesWhateverThePortAndSpeaksForItsDomains) {
  std::vector<TrunkPeer> peers(2);
  peers[0].address = base::parse_address("192.0.2.1", 5060);
  peers[0].domains = {"one.example"};
  peers[1].address = base::parse_address("192.0.2.1", 5070);
  peers[1].sources = {base::parse_address("2001:db8::1", 0)};
  peers[1].domains = {"two.example", "three.example"};
  EXPECT_TRUE(trusted(peers, base::parse_address("192.0.2.1", 40000)));
  EXPECT_TRUE(trusted(peers, base::parse_address("2001:db8::1", 40000)));
  EXPECT_FALSE(trusted(peers, base::parse_address("192.0.2.2", 5060)));
  EXPECT_TRUE(trusted_for(peers, base::parse_address("192.0.2.1", 1), "one.example"));
  EXPECT_TRUE(trusted_for(peers, base::parse_address("192.0.2.1", 1), "two.example"));
  EXPECT_FALSE(trusted_for(peers, base::parse_address("2001:db8::1", 1), "one.example"));
  EXPECT_EQ(peer_for(peers, "three.example"), &peers[1]);
  EXPECT_EQ(peer_for(peers, "four.example"), nullptr);
}

}  // namespace
}  // namespace sip
