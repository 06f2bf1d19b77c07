#include "protocols/sip/body/tuple_id.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/random.h"

namespace sip {
namespace {

std::string resource_of(base::Bytes id) {
  std::string out;
  return read_resource_id(id, out) ? out : "none" + out;
}

TEST(TupleId, ReadsBackAsTheNameItWasMadeOf) {
  base::Prng random(8048);
  for (int round = 0; round < 2000; ++round) {
    std::string name;
    for (uint64_t n = 1 + random.below(12); n > 0; --n) {
      name.push_back("ab_x20_-.@/ \xC3\xBC"[random.below(15)]);
    }
    std::string id(kResourceIdPrefix);
    write_name_as_id(name, id);
    EXPECT_EQ(id.find_first_of(" @/&<"), std::string::npos);
    EXPECT_EQ(resource_of(id), name);
  }
}

TEST(TupleId, OfOtherGatewaysAreTakenAsTheyAre) {
  EXPECT_EQ(resource_of("ID-balcony"), "balcony");
  EXPECT_EQ(resource_of("ID-a_b_x"), "a_b_x");
  EXPECT_EQ(resource_of("ID-a_xZZ_xFF"), "a_xZZ_xFF");
  for (const base::Bytes id : {"", "ID-", "id-x", "composed", "T1-x"}) {
    EXPECT_EQ(resource_of(id), "none") << id;
  }
}

}  // namespace
}  // namespace sip
