#include "bench/load/client/scram.h"

#include <gtest/gtest.h>

namespace load {
namespace {

// Gives the digits of the nonce that the examples have.
class Fixed final : public base::Random {
 public:
  void fill(char* out, size_t length) override {
    for (size_t i = 0; i < length; ++i) out[i] = static_cast<char>(i);
  }
};

TEST(Scram, AnswersAsASecondImplementationDoes) {
  // Worked out with another implementation of RFC 5802: user u1, password bench, salt "salt".
  Fixed random;
  Scram scram;
  EXPECT_EQ("n,,n=u1,r=000102030405060708090a0b", scram.first("u1", random));
  const std::string answer = scram.final(base::HashKind::sha1, "bench",
                                         "r=000102030405060708090a0bserver,s=c2FsdA==,i=4096");
  EXPECT_EQ("c=biws,r=000102030405060708090a0bserver,p=j5y15+GhIAcXbIBMj94pEIdg2ms=", answer);
  EXPECT_TRUE(scram.accepts("v=RkGe6Ib+gZXgpv4HBL8T35/vT0s="));
  EXPECT_FALSE(scram.accepts("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

TEST(Scram, ChallengesWithoutSaltOrIterationsGetNoAnswer) {
  Fixed random;
  Scram scram;
  scram.first("u1", random);
  for (const char* challenge :
       {"", "r=x", "r=x,s=c2FsdA==", "r=x,s=c2FsdA==,i=0", "r=x,s=*,i=1", "r=x,s=c2FsdA==,i=1x"}) {
    EXPECT_EQ("", scram.final(base::HashKind::sha256, "bench", challenge)) << challenge;
  }
  EXPECT_FALSE(scram.accepts(""));
}

}  // namespace
}  // namespace load
