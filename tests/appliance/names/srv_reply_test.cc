#include "appliance/names/srv_reply.h"

#include <vector>

#include "engine/base/random.h"
#include "tests/appliance/names/dns_server.h"

namespace names {
namespace {

using names_test::number;
using names_test::wire_name;

// The question's name, two answers for it and one of another kind.
std::string reply() {
  const auto record = [](uint16_t type, const std::string& data, uint32_t ttl) {
    return number(0xc00c, 2) + number(type, 2) + number(1, 2) + number(ttl, 4) +
           number(static_cast<uint32_t>(data.size()), 2) + data;
  };
  return number(7, 2) + number(0x8180, 2) + number(1, 2) + number(3, 2) + number(0, 4) +
         wire_name("_sip._tcp.example.org") + number(33, 2) + number(1, 2) +
         record(33, number(10, 2) + number(60, 2) + number(5060, 2) + wire_name("a.example.org"),
                300) +
         record(5, wire_name("elsewhere.example.org"), 5) +
         record(33, number(20, 2) + number(0, 2) + number(5061, 2) + std::string(1, '\0'), 30);
}

TEST(SrvReply, RecordsHaveTheirLife) {
  std::vector<SrvRecord> found;
  ASSERT_TRUE(read_srv_reply(reply(), found));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].target, "a.example.org");
  EXPECT_EQ(found[0].ttl, 300u);
  EXPECT_EQ(found[0].priority, 10);
  EXPECT_EQ(found[0].weight, 60);
  EXPECT_EQ(found[0].port, 5060);
  EXPECT_EQ(found[1].target, ".");
  EXPECT_EQ(found[1].ttl, 30u);
}

TEST(SrvReply, WhatIsCutIsMalformedWhereverItIs) {
  const std::string whole = reply();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    std::vector<SrvRecord> found;
    EXPECT_FALSE(read_srv_reply({exact.data(), exact.size()}, found)) << size;
  }
}

TEST(SrvReply, AnyBytesAreReadWithinTheirBounds) {
  base::Prng random(7);
  const std::string whole = reply();
  for (int i = 0; i < 20000; ++i) {
    std::vector<char> bytes(whole.begin(), whole.end());
    for (int k = 0; k < 4; ++k)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    std::vector<SrvRecord> found;
    static_cast<void>(read_srv_reply({bytes.data(), bytes.size()}, found));
    EXPECT_LE(found.size(), kRecordsMax);
  }
}

}  // namespace
}  // namespace names
