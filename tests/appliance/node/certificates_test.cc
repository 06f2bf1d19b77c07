#include "appliance/node/certificates.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "appliance/config/config.h"
#include "engine/tls/self_signed.h"
#include "engine/tls/ticket_keys.h"
#include "tests/appliance/node/node_process.h"

namespace appliance {
namespace {

constexpr int64_t kDay = 86400;
constexpr int64_t kMade = 1700000000;

base::WallTime day(int64_t number) { return {(kMade + number * kDay) * 1000000}; }

class SelfSigned : public testing::Test {
 protected:
  void SetUp() override {
    config_.data = testing::TempDir() + "rollcall-self-signed";
    config_.domains = {"localhost"};
    std::filesystem::remove_all(config_.data);
    std::filesystem::create_directories(config_.data);
  }

  // Days left of the certificate shown on this day; negative: the node would not start.
  int64_t days_left(int64_t number) {
    const auto loaded = load_certificates(config_, tickets_, day(number));
    if (!loaded) return -1;
    EXPECT_EQ(loaded->self_signed.size(), 1u);
    return (loaded->contexts.servers[kXmppTls]->first_expiry().seconds() - day(number).seconds()) /
           kDay;
  }
  std::string chain() const { return config_.data + "/certificates/localhost.crt"; }

  Config config_;
  std::shared_ptr<engine::TicketKeys> tickets_ = std::make_shared<engine::TicketKeys>();
};

TEST_F(SelfSigned, IsMadeOnceAndReused) {
  EXPECT_EQ(days_left(0), engine::kSelfSignedDays);
  const std::string made = read_all(chain());
  EXPECT_EQ(days_left(700), engine::kSelfSignedDays - 700);
  EXPECT_EQ(read_all(chain()), made);
}

TEST_F(SelfSigned, IsRenewedBeforeItExpires) {
  EXPECT_EQ(days_left(0), engine::kSelfSignedDays);
  EXPECT_EQ(days_left(engine::kSelfSignedDays - 30), 30);
  EXPECT_EQ(days_left(engine::kSelfSignedDays - 29), engine::kSelfSignedDays);
}

TEST_F(SelfSigned, ThatExpiredWhileTheNodeWasAwayIsRenewed) {
  EXPECT_EQ(days_left(0), engine::kSelfSignedDays);
  EXPECT_EQ(days_left(engine::kSelfSignedDays + 100), engine::kSelfSignedDays);
}

TEST_F(SelfSigned, HalfMadeIsMadeAgain) {
  EXPECT_EQ(days_left(0), engine::kSelfSignedDays);
  std::filesystem::remove(chain());
  EXPECT_EQ(days_left(10), engine::kSelfSignedDays);
}

TEST_F(SelfSigned, ReplacedByTheOperatorIsLeftAlone) {
  EXPECT_EQ(days_left(0), engine::kSelfSignedDays);
  std::ofstream(chain()) << "this is no certificate";
  EXPECT_EQ(days_left(0), -1);
  EXPECT_EQ(read_all(chain()), "this is no certificate");
}

}  // namespace
}  // namespace appliance
