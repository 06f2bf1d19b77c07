#include "protocols/sip/auth/nonce.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

constexpr base::HashKey kKey{1, 2};

TEST(Nonce, TellsWhenItWasMadeToWhoeverHasTheKey) {
  std::string nonce;
  const base::Instant now{1234567890123};
  append_nonce(kKey, now, 77, nonce);
  EXPECT_EQ(nonce.size(), kNonceBytes);
  base::Instant made;
  ASSERT_TRUE(read_nonce(kKey, nonce, made));
  EXPECT_EQ(made, now);
  EXPECT_FALSE(read_nonce({1, 3}, nonce, made)) << "of another life of the node";
}

TEST(Nonce, ThatWasChangedIsNotOurs) {
  std::string nonce;
  append_nonce(kKey, {55}, 77, nonce);
  base::Instant made;
  for (size_t i = 0; i < nonce.size(); ++i) {
    std::string other = nonce;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(read_nonce(kKey, other, made)) << i;
    other[i] = 'x';
    EXPECT_FALSE(read_nonce(kKey, other, made)) << i;
  }
  EXPECT_FALSE(read_nonce(kKey, nonce + "0", made));
  EXPECT_FALSE(read_nonce(kKey, "", made));
}

TEST(Nonce, IsAnotherOneEachTime) {
  std::string one;
  std::string two;
  append_nonce(kKey, {55}, 77, one);
  append_nonce(kKey, {55}, 78, two);
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace sip
