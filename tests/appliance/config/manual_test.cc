#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "appliance/config/schema.h"

namespace appliance {
namespace {

TEST(Manual, KeyListIsThatOfTheSchema) {
  std::ifstream file(ROLLCALL_SOURCE "/appliance/man/rollcall.toml.5");
  std::ostringstream page;
  ASSERT_TRUE(page << file.rdbuf());
  EXPECT_TRUE(page.str().ends_with(manual_keys()))
      << "run appliance/man/update BUILD-DIRECTORY and commit what it changes";
}

}  // namespace
}  // namespace appliance
