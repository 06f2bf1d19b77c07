#include "protocols/gateway/binding.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Binding, ComesBackAsItWas) {
  Binding binding;
  binding.account = "alice@example.org";
  binding.contact = "sip:alice@192.0.2.1:5070;ob";
  binding.call_id = "c1@pc";
  binding.cseq = 4000000000u;
  binding.q = 500;
  binding.until = {1795448598156333};
  for (base::Bytes address : {"192.0.2.1", "2001:db8::1"}) {
    binding.remote = base::parse_address(address, 40000);
    Binding again;
    ASSERT_TRUE(unpack(pack(binding), again));
    EXPECT_EQ(again.account, binding.account);
    EXPECT_EQ(again.contact, binding.contact);
    EXPECT_EQ(again.call_id, binding.call_id);
    EXPECT_EQ(again.cseq, binding.cseq);
    EXPECT_EQ(again.q, binding.q);
    EXPECT_EQ(again.until, binding.until);
    EXPECT_EQ(again.remote, binding.remote);
  }
}

TEST(Binding, ThatIsNoneIsRefused) {
  Binding out;
  EXPECT_FALSE(unpack("", out));
  EXPECT_FALSE(unpack("a\nb\nc\n1\n2\n3\n4\nnowhere", out));
  EXPECT_FALSE(unpack("a\nb\nc\n1x\n2\n3\n4\n192.0.2.1", out));
  EXPECT_FALSE(unpack("a\nb\nc\n1\n2\n3\n99999\n192.0.2.1", out));
  EXPECT_TRUE(unpack("a\nb\nc\n1\n2\n3\n4\n192.0.2.1", out));
}

}  // namespace
}  // namespace gateway
