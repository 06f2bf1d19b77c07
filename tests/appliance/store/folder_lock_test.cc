#include "appliance/store/folder_lock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace store {

struct FolderLocks : testing::Test {
  FolderLocks() {
    char path[] = "/tmp/rollcall_folder_lock_XXXXXX";
    folder = ::mkdtemp(path);
    data = folder + "/data";
    std::filesystem::create_directory(data);
  }
  ~FolderLocks() override { std::filesystem::remove_all(folder); }
  std::string folder;
  std::string data;
};

TEST_F(FolderLocks, AnEmptyDirectoryIsOnesOwnUntilTheLockEnds) {
  auto first = FolderLock::take(data);
  ASSERT_TRUE(static_cast<bool>(first)) << first.error().what;
  const auto second = FolderLock::take(data);
  ASSERT_FALSE(static_cast<bool>(second));
  EXPECT_EQ(second.error().what, data + " is in use by a node, a backup or a restore");
  first->reset();
  EXPECT_TRUE(static_cast<bool>(FolderLock::take(data)));
}

TEST_F(FolderLocks, GoesWithTheDirectoryThatIsRenamed) {
  const auto lock = FolderLock::take(data);
  std::filesystem::rename(data, folder + "/moved");
  EXPECT_FALSE(static_cast<bool>(FolderLock::take(folder + "/moved")));
  std::filesystem::create_directory(data);
  EXPECT_TRUE(static_cast<bool>(FolderLock::take(data))) << "another directory";
}

TEST_F(FolderLocks, OfWhatIsNoDirectoryIsAnError) {
  EXPECT_FALSE(static_cast<bool>(FolderLock::take(folder + "/absent")));
}

}  // namespace store
