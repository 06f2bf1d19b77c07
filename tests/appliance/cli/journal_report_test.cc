#include "appliance/cli/journal_report.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "engine/journal/disk/posix_files.h"
#include "engine/journal/recovery/epoch.h"

namespace appliance {

struct NoFailure final : journal::DiskFailure {
  void journal_failed(const std::string&) override {}
};

// A journal of two entries in a folder that goes when the test ends.
class JournalReports : public testing::Test {
 protected:
  JournalReports() {
    char path[] = "/tmp/journal_report_XXXXXX";
    folder_ = ::mkdtemp(path);
    auto files = journal::PosixFiles::open_folder(folder_);
    journal::JournalOptions options;
    options.segment_bytes = 64 << 10;
    auto keeper = journal::SegmentKeeper::open(**files, options.segment_bytes);
    const std::vector<std::vector<engine::JournalEntry>> entries{
        {{{1, 1}, "first", ""}, {{1, 2}, "second", ""}}};
    NoFailure failure;
    const auto begun = journal::begin_epoch(**files, *keeper, {1, 7, options, &failure}, entries);
    EXPECT_TRUE(static_cast<bool>(begun));
  }
  ~JournalReports() override { std::filesystem::remove_all(folder_); }
  void damage() {
    const std::string path = folder_ + "/epoch-00000001.shard-000.0000000001";
    std::FILE* file = std::fopen(path.c_str(), "r+");
    ASSERT_NE(file, nullptr);
    std::fseek(file, 4096 + 72 + 32 + 2, SEEK_SET);  // a byte of the first entry
    std::fputc('X', file);
    std::fclose(file);
  }
  std::string folder_;
};

TEST_F(JournalReports, AWholeJournalIsSaidToBeWhole) {
  const auto report = report_on_journal(folder_, false, false);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_FALSE(report->damaged);
  EXPECT_NE(report->text.find("shard 0: 2 entries"), std::string::npos) << report->text;
  EXPECT_NE(report->text.find("whole"), std::string::npos) << report->text;
}

TEST_F(JournalReports, DamageIsShownThenGivenUpAndWhatIsLeftIsCounted) {
  damage();
  const auto checked = report_on_journal(folder_, false, false);
  ASSERT_TRUE(static_cast<bool>(checked)) << checked.error().what;
  EXPECT_TRUE(checked->damaged);
  EXPECT_NE(checked->text.find("damage: epoch-00000001.shard-000.0000000001 at offset 4096"),
            std::string::npos)
      << checked->text;
  const auto repaired = report_on_journal(folder_, true, false);
  ASSERT_TRUE(static_cast<bool>(repaired)) << repaired.error().what;
  EXPECT_FALSE(repaired->damaged);
  EXPECT_NE(repaired->text.find("given up"), std::string::npos) << repaired->text;
  const auto after = report_on_journal(folder_, false, false);
  ASSERT_TRUE(static_cast<bool>(after)) << after.error().what;
  EXPECT_FALSE(after->damaged);
  EXPECT_NE(after->text.find("shard 0: 1 entries"), std::string::npos) << after->text;
}

TEST_F(JournalReports, JsonSaysTheSame) {
  damage();
  const auto report = report_on_journal(folder_, false, true);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_NE(report->text.find("\"whole\":false"), std::string::npos) << report->text;
  EXPECT_NE(report->text.find("\"offset\":4096"), std::string::npos) << report->text;
}

TEST_F(JournalReports, AFolderInUseOrAbsentIsAnError) {
  auto used = journal::PosixFiles::open_folder(folder_);
  EXPECT_FALSE(static_cast<bool>(report_on_journal(folder_, true, false)));
  used = base::Error{"closed"};
  EXPECT_FALSE(static_cast<bool>(report_on_journal(folder_ + "/absent", false, false)));
  EXPECT_TRUE(static_cast<bool>(report_on_journal(folder_, false, false)));
}

}  // namespace appliance
