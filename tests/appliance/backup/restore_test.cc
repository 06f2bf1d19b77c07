#include "appliance/backup/restore.h"

#include "appliance/backup/layout.h"
#include "appliance/backup/seal.h"
#include "appliance/backup/workplace.h"
#include "appliance/store/snapshot.h"
#include "engine/journal/recovery/recover.h"
#include "tests/appliance/backup/fixture.h"

namespace backup {

using Names = std::vector<std::string>;
constexpr const char* kKept = "data.before-restore-20270115T080000Z";

class Restoring : public BackupTest {
 protected:
  void SetUp() override {
    const auto report = take();
    ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  }
  // The file anew, with what `change` makes of the manifest, and sealed.
  template <class Change>
  void forge(Change change) {
    auto manifest = check_backup(file, always);
    ASSERT_TRUE(static_cast<bool>(manifest)) << manifest.error().what;
    struct Copy final : EntrySink {
      base::Status begin(const std::string& entry, uint64_t) override {
        name = entry;
        content.clear();
        return base::Status::ok();
      }
      base::Status piece(base::Bytes bytes) override {
        content += bytes;
        return base::Status::ok();
      }
      base::Status end(const Entry&) override {
        return name == kManifestEntry ? base::Status::ok() : out->add(name, content);
      }
      std::string name;
      std::string content;
      ContainerWriter* out = nullptr;
    } copy;
    const std::string forged = folder + "/forged";
    auto out = ContainerWriter::create(forged, always);
    copy.out = out->get();
    ASSERT_TRUE(static_cast<bool>(read_container(file, copy, always)));
    change(*manifest, **out);
    ASSERT_TRUE(static_cast<bool>((*out)->add(kManifestEntry, to_json(*manifest))));
    ASSERT_TRUE(static_cast<bool>((*out)->finish()));
    std::filesystem::rename(forged, file);
  }
  std::string refusal(const std::string& to) {
    const auto report = restore(to);
    return report ? "" : report.error().what;
  }
};

TEST_F(Restoring, IntoANewDirectoryGivesWhatWasThere) {
  const std::string fresh = folder + "/fresh";
  const auto report = restore(fresh);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_EQ(report->kept, "");
  EXPECT_EQ(report->configuration, "");
  for (const char* name : {"secret", "demo-users", "certificates/localhost.key"}) {
    EXPECT_EQ(read_whole(fresh + "/" + name), read_whole(data + "/" + name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(fresh + "/listening"));
  EXPECT_EQ(names("/fresh"), (Names{"archive.db", "certificates", "demo-users", "journal",
                                    "rollcall.sqlite", "secret"}));
  EXPECT_EQ(std::filesystem::status(fresh).permissions(), std::filesystem::perms{0700});
  auto files = journal::PosixFiles::open_folder(fresh + "/journal", false);
  const auto found = journal::recover(**files);
  ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
  ASSERT_EQ(found->entries.size(), 2u);
  EXPECT_EQ(found->entries[1].entry.note, "x");
  const auto accounts = store::Store::open({.path = fresh + "/rollcall.sqlite"},
                                           [](engine::ShardId, engine::QuestionPtr) {});
  ASSERT_TRUE(static_cast<bool>(accounts)) << accounts.error().what;
  const auto users = (*accounts)->users("", 10);
  ASSERT_TRUE(static_cast<bool>(users));
  EXPECT_EQ(*users, Names{"alice@example.org"});
}

TEST_F(Restoring, OverADirectoryKeepsTheOldOneBesideIt) {
  write_whole(data + "/secret", "changed since");
  const auto report = restore(data);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_EQ(report->kept, folder + "/" + kKept);
  EXPECT_EQ(read_whole(report->kept + "/secret"), "changed since");
  EXPECT_EQ(read_whole(data + "/secret"), std::string(32, 's'));
  EXPECT_EQ(names(), (Names{"data", kKept, "file"}));
}

TEST_F(Restoring, ThroughASymbolicLinkReplacesWhatItStandsFor) {
  std::filesystem::create_directory_symlink(data, folder + "/link");
  const auto report = restore(folder + "/link");
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_TRUE(std::filesystem::is_symlink(folder + "/link"));
  EXPECT_EQ(names(), (Names{"data", kKept, "file", "link"}));
}

TEST_F(Restoring, ANameThatEndsInASlashIsTheSameDirectory) {
  for (const char* name : {"/data/", "/fresh/", "/fresher//"}) {
    const auto report = restore(folder + name);
    ASSERT_TRUE(static_cast<bool>(report)) << name << ": " << report.error().what;
  }
  EXPECT_EQ(names(), (Names{"data", kKept, "file", "fresh", "fresher"}));
}

// Though there is nothing yet that a node could have locked.
TEST_F(Restoring, ANodeThatStartsMeanwhileDoesNotGetTheDirectory) {
  std::filesystem::create_directory(folder + "/empty");
  for (const char* name : {"/absent", "/empty", "/data"}) {
    const std::string to = folder + name;
    asked = 0;
    int got = 0;
    meanwhile = [&] {
      if (const auto node = store::FolderLock::take(to)) ++got;
    };
    const auto report = restore(to);
    ASSERT_TRUE(static_cast<bool>(report)) << name << ": " << report.error().what;
    EXPECT_EQ(got, 0) << name;
    EXPECT_GT(asked, 3);
    EXPECT_TRUE(static_cast<bool>(store::FolderLock::take(to))) << name;
  }
}

TEST_F(Restoring, ADirectoryThatWasMadeForItIsGoneWhenItFails) {
  stop_at = asked + 3;
  EXPECT_NE(refusal(folder + "/absent"), "");
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(Restoring, OntoAMountPointIsRefusedAtOnceAndSaysWhatToDo) {
  asked = 0;
  const std::string why = refusal("/proc");
  EXPECT_NE(why.find("/proc is a mount point"), std::string::npos) << why;
  EXPECT_NE(why.find("--data /proc/rollcall"), std::string::npos) << why;
  EXPECT_EQ(asked, 0) << "nothing has been read";
}

TEST_F(Restoring, WhatIsInTheWayIsNotTouched) {
  std::filesystem::create_directory(data + ".restoring");
  write_whole(data + ".restoring/mine", "mine");
  EXPECT_NE(refusal(data).find("data.restoring is in the way"), std::string::npos) << refusal(data);
  EXPECT_EQ(read_whole(data + ".restoring/mine"), "mine");
}

TEST_F(Restoring, IsRefusedWhileANodeHasTheDirectoryLocked) {
  const auto lock = DataLock::take(data);
  ASSERT_TRUE(static_cast<bool>(lock));
  EXPECT_NE(refusal(data).find("in use by a node"), std::string::npos);
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(Restoring, WhereverItIsInterruptedNothingIsTouched) {
  asked = 0;
  ASSERT_TRUE(static_cast<bool>(restore(data)));
  const int questions = asked;
  std::filesystem::remove_all(folder + "/" + kKept);
  for (stop_at = 1; stop_at <= questions; ++stop_at) {
    asked = 0;
    ASSERT_NE(refusal(data), "") << stop_at;
    ASSERT_EQ(names(), (Names{"data", "file"})) << stop_at;
  }
}

TEST_F(Restoring, OfANewerFormatOrSchemaIsRefusedBeforeAnythingIsTouched) {
  forge([](Manifest& manifest, ContainerWriter&) { manifest.schemas["rollcall.sqlite"] = 99; });
  EXPECT_NE(refusal(data).find("newer Rollcall"), std::string::npos);
  EXPECT_NE(refusal(data).find("schema 99 of rollcall.sqlite"), std::string::npos);
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(Restoring, WhatTheManifestDoesNotSayIsRefused) {
  forge([](Manifest& manifest, ContainerWriter&) { manifest.entries[1].sha256[0] ^= 1; });
  EXPECT_NE(refusal(data).find("data/secret is not as it was written"), std::string::npos)
      << refusal(data);
  std::filesystem::remove(file);
  ASSERT_TRUE(static_cast<bool>(take()));
  forge([](Manifest&, ContainerWriter& out) { (void)out.add("data/more", "x"); });
  EXPECT_NE(refusal(data).find("entries that its manifest names"), std::string::npos);
  std::filesystem::remove(file);
  ASSERT_TRUE(static_cast<bool>(take()));
  forge([](Manifest& manifest, ContainerWriter&) { manifest.schemas["archive.db"] = 0; });
  EXPECT_NE(refusal(data).find("another schema"), std::string::npos) << refusal(data);
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

// Sealed and in its own manifest, and yet nothing a backup has: a log that SQLite would believe,
// say.
TEST_F(Restoring, AnEntryOfAnUnknownNameIsRefused) {
  for (const char* name : {"data/rollcall.sqlite-wal", "data/more", "elsewhere", "data/journal/a/b",
                           "configuration/certificates/a/b"}) {
    std::filesystem::remove(file);
    ASSERT_TRUE(static_cast<bool>(take()));
    forge([&](Manifest& manifest, ContainerWriter& out) {
      (void)out.add(name, "x");
      manifest.entries = out.entries();
    });
    const std::string why = refusal(data);
    EXPECT_NE(why.find(std::string(name) + " does not belong"), std::string::npos) << why;
    EXPECT_EQ(names(), (Names{"data", "file"}));
  }
}

TEST_F(Restoring, ADamagedFileIsRefusedAndSaysWhat) {
  const std::string whole = read_whole(file);
  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 4;
  write_whole(file, damaged);
  EXPECT_NE(refusal(data).find("its checksum is wrong"), std::string::npos) << refusal(data);
  write_whole(file, whole.substr(0, whole.size() / 2));
  EXPECT_NE(refusal(data).find("its seal is missing"), std::string::npos) << refusal(data);
  write_whole(file, "");
  EXPECT_NE(refusal(data), "");
  write_whole(file, std::string(10000, 'x'));
  EXPECT_NE(refusal(data).find("no backup of Rollcall"), std::string::npos) << refusal(data);
  std::filesystem::remove(file);
  EXPECT_NE(refusal(data).find("cannot be read"), std::string::npos) << refusal(data);
  EXPECT_EQ(names(), Names{"data"});
}

// Sealed, and yet no backup.
TEST_F(Restoring, AnotherArchiveWithASealIsRefused) {
  std::filesystem::remove(file);
  auto out = ContainerWriter::create(file, always);
  ASSERT_TRUE(static_cast<bool>((*out)->add("data/secret", "x")));
  ASSERT_TRUE(static_cast<bool>((*out)->finish()));
  EXPECT_NE(refusal(data).find("no backup"), std::string::npos) << refusal(data);
}

}  // namespace backup
