#include "protocols/sip/transport/locate.h"

#include <gtest/gtest.h>

#include <map>

namespace sip {
namespace {

using Target = engine::NameQuestion::Target;

Target target(uint32_t server, uint16_t priority, uint16_t weight, uint16_t port = 0) {
  return {base::parse_address("192.0.2." + std::to_string(server), port), server, priority, weight};
}

std::string text(const std::vector<base::SocketAddress>& order) {
  std::string out;
  for (const base::SocketAddress& one : order) out += std::to_string(one.octets[3]) + " ";
  return out;
}

TEST(Locate, AsksForTheServicesOfATransportUnlessAPortIsGiven) {
  using Transport = Via::Transport;
  const auto services = [](Transport transport) {
    return where_is("example.org", 0, transport)->services;
  };
  EXPECT_EQ(services(Transport::tcp), std::vector<std::string>{"_sip._tcp"});
  EXPECT_EQ(services(Transport::udp), std::vector<std::string>{"_sip._udp"});
  EXPECT_EQ(services(Transport::tls),
            (std::vector<std::string>{"_sips._tcp", "_sipfederationtls._tcp"}));
  EXPECT_EQ(where_is("example.org", 0, Transport::tls)->port, 5061);
  EXPECT_EQ(where_is("example.org", 0, Transport::udp)->port, 5060);
  const auto exact = where_is("example.org", 5070, Transport::tls);
  EXPECT_TRUE(exact->services.empty());
  EXPECT_EQ(exact->port, 5070);
  EXPECT_EQ(exact->host, "example.org");
}

TEST(Locate, LowPrioritiesComeFirstAndAddressesOfAServerTogether) {
  base::Prng random(1);
  EXPECT_EQ(text(in_order({target(1, 30, 0), target(2, 10, 9), target(3, 20, 0)}, random)),
            "2 3 1 ");
  std::vector<Target> twice{target(1, 20, 0), target(2, 10, 0), target(2, 10, 0)};
  twice[2].address.octets[3] = 9;
  EXPECT_EQ(text(in_order(twice, random)), "2 9 1 ");
  EXPECT_EQ(text(in_order({}, random)), "");
}

TEST(Locate, EqualsComeInProportionToTheirWeights) {
  base::Prng random(1);
  std::map<std::string, int> seen;
  for (int i = 0; i < 10000; ++i) {
    ++seen[text(in_order({target(1, 10, 10), target(2, 10, 30), target(3, 10, 60)}, random))
               .substr(0, 1)];
  }
  EXPECT_NEAR(seen["1"], 1000, 150);
  EXPECT_NEAR(seen["2"], 3000, 200);
  EXPECT_NEAR(seen["3"], 6000, 200);
}

TEST(Locate, WithoutWeightIsSeldomFirstAndNeverLeftOut) {
  base::Prng random(1);
  int first = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string order = text(in_order({target(1, 10, 99), target(2, 10, 0)}, random));
    EXPECT_EQ(order.size(), 4u);
    first += order.starts_with("2");
  }
  EXPECT_GT(first, 0);
  EXPECT_LT(first, 40);
}

}  // namespace
}  // namespace sip
