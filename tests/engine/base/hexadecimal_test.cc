#include "engine/base/hexadecimal.h"

#include <gtest/gtest.h>

namespace base {

TEST(Hexadecimal, EveryOctetIsTwoLowercaseDigits) {
  EXPECT_EQ(hexadecimal(""), "");
  EXPECT_EQ(hexadecimal(Bytes("\0\x0f\x80\xff", 4)), "000f80ff");
}

TEST(Hexadecimal, IsAppended) {
  Sink out = "id-";
  append_hexadecimal("az", out);
  EXPECT_EQ(out, "id-617a");
}

}  // namespace base
