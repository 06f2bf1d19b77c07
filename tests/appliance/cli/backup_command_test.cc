#include "appliance/cli/backup_command.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace appliance {

class BackupCommand : public testing::Test {
 protected:
  BackupCommand() {
    char path[] = "/tmp/rollcall_backup_command_XXXXXX";
    folder = ::mkdtemp(path);
    call.file = folder + "/file";
    call.config_file = folder + "/rollcall.toml";
    call.socket = folder + "/no.sock";
  }
  ~BackupCommand() override { std::filesystem::remove_all(folder); }
  void configure(const std::string& text) const { std::ofstream(call.config_file) << text; }

  std::string folder;
  OperatorCall call;
};

// Otherwise the default directory would be restored, or backed up, behind the operator's back.
TEST_F(BackupCommand, AConfigurationWithMistakesIsNamedWithLineAndRemedyAndNothingIsGuessed) {
  configure("data = \"" + folder + "/data\"\nshards = \"many\"\n");
  for (const auto command : {back_up, restore}) {
    const Outcome outcome = command(call);
    EXPECT_EQ(outcome.status, kExitFailed);
    EXPECT_NE(outcome.text.find(call.config_file + ":2:"), std::string::npos) << outcome.text;
    EXPECT_NE(outcome.text.find("it must be an integer"), std::string::npos) << outcome.text;
    EXPECT_NE(outcome.text.find("--data"), std::string::npos) << outcome.text;
  }
}

TEST_F(BackupCommand, AConfigurationThatIsNotThereStopsItToo) {
  for (const auto command : {back_up, restore}) {
    const Outcome outcome = command(call);
    EXPECT_EQ(outcome.status, kExitFailed);
    EXPECT_NE(outcome.text.find(call.config_file), std::string::npos) << outcome.text;
  }
}

TEST_F(BackupCommand, ADirectoryThatIsNamedNeedsNoConfigurationToRestore) {
  call.data = folder + "/data";
  const Outcome outcome = restore(call);
  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_EQ(outcome.text.find(call.config_file), std::string::npos) << outcome.text;
  EXPECT_NE(outcome.text.find(call.file), std::string::npos) << outcome.text;
}

// Both as the node would find it, whose own directory is another.
TEST_F(BackupCommand, ARelativeDirectoryIsFoundFromTheConfiguration) {
  configure("data = \"there\"\n");
  const Outcome outcome = back_up(call);
  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_NE(outcome.text.find(folder + "/there"), std::string::npos) << outcome.text;
}

}  // namespace appliance
