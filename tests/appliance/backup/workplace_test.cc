#include "appliance/backup/workplace.h"

#include <unistd.h>

#include "tests/appliance/backup/fixture.h"

namespace backup {

namespace fs = std::filesystem;

class Workplaces : public BackupTest {
 protected:
  std::string refusal() {
    const auto opened = Workplace::open(path);
    return opened ? "" : opened.error().what;
  }
  const std::string path = folder + "/place";
};

TEST_F(Workplaces, IsOursAloneAndGoneWithAllThatIsInIt) {
  {
    const auto place = Workplace::open(path);
    ASSERT_TRUE(static_cast<bool>(place)) << place.error().what;
    EXPECT_EQ(fs::status(path).permissions(), fs::perms{0700});
    fs::create_directory((*place)->of("folder"));
    write_whole((*place)->of("folder/file"), "x");
    EXPECT_NE(refusal().find("is under way"), std::string::npos) << refusal();
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(Workplaces, ADirectoryThatNoRunHasMadeIsNotTouched) {
  fs::create_directory(path);
  fs::permissions(path, fs::perms{0700});
  write_whole(path + "/mine", "mine");
  EXPECT_NE(refusal().find("was not made by a backup"), std::string::npos) << refusal();
  EXPECT_EQ(read_whole(path + "/mine"), "mine");
}

TEST_F(Workplaces, ADirectoryThatOthersMayEnterOrOwnIsNotTouched) {
  fs::create_directory(path);
  write_whole(path + "/.rollcall-workplace", "forged");
  fs::permissions(path, fs::perms{0770});
  EXPECT_NE(refusal().find("is open to others"), std::string::npos) << refusal();
  fs::permissions(path, fs::perms{0700});
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path.c_str(), 1, 1), 0);
    EXPECT_NE(refusal().find("belongs to another user"), std::string::npos) << refusal();
  }
  EXPECT_EQ(read_whole(path + "/.rollcall-workplace"), "forged");
}

TEST_F(Workplaces, ASymbolicLinkOrAFileIsNotFollowedOrReplaced) {
  fs::create_directory(folder + "/elsewhere");
  write_whole(folder + "/elsewhere/mine", "mine");
  fs::create_directory_symlink(folder + "/elsewhere", path);
  EXPECT_NE(refusal().find("is in the way"), std::string::npos) << refusal();
  EXPECT_EQ(read_whole(folder + "/elsewhere/mine"), "mine");
  fs::remove(path);
  write_whole(path, "mine");
  EXPECT_NE(refusal().find("is in the way"), std::string::npos) << refusal();
  EXPECT_EQ(read_whole(path), "mine");
}

// Killed at once after the directory was made; or while it was emptied.
TEST_F(Workplaces, AnEmptyOrMarkedDirectoryOfOursIsTakenOver) {
  fs::create_directory(path);
  fs::permissions(path, fs::perms{0700});
  EXPECT_EQ(refusal(), "");
  EXPECT_FALSE(fs::exists(path));
  fs::create_directory(path);
  fs::permissions(path, fs::perms{0700});
  write_whole(path + "/.rollcall-workplace", "");
  write_whole(path + "/half", "half");
  EXPECT_EQ(refusal(), "");
  EXPECT_FALSE(fs::exists(path));
}

// A swap of directories that went wrong must not cost what is now under that name.
TEST_F(Workplaces, WhatHasTakenItsPlaceStays) {
  {
    const auto place = Workplace::open(path);
    ASSERT_TRUE(static_cast<bool>(place));
    fs::rename(path, folder + "/away");
    fs::create_directory(path);
    write_whole(path + "/mine", "mine");
  }
  EXPECT_EQ(read_whole(path + "/mine"), "mine");
}

}  // namespace backup
