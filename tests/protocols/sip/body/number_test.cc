#include "protocols/sip/body/number.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

TEST(Number, IsPlainDecimal) {
  std::string out;
  for (const uint32_t number : {0u, 7u, 4294967295u}) {
    write_number(number, out);
    out.push_back(' ');
  }
  EXPECT_EQ(out, "0 7 4294967295 ");
  out.clear();
  write_number_attribute("version", 12, out);
  EXPECT_EQ(out, " version='12'");
}

}  // namespace
}  // namespace sip
