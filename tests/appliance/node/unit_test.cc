// The systemd unit: no more exposed than the project promises (TRUST 2.1).
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/appliance/node/node_process.h"

namespace appliance {
namespace {

TEST(Unit, ExposureIsTwoOrLess) {
  if (access("/usr/bin/systemd-analyze", X_OK) != 0) GTEST_SKIP() << "systemd-analyze is absent";
  const Finished finished =
      run({"/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager",
           ROLLCALL_SOURCE "/appliance/systemd/rollcalld.service"});
  const std::string words = "exposure level for rollcalld.service: ";
  const size_t at = finished.output.find(words);
  ASSERT_NE(at, std::string::npos) << finished.output;
  EXPECT_LE(std::atof(finished.output.c_str() + at + words.size()), 2.0) << finished.output;
}

}  // namespace
}  // namespace appliance
