#include "appliance/backup/backup.h"

#include "appliance/backup/seal.h"
#include "appliance/backup/workplace.h"
#include "tests/appliance/backup/fixture.h"

namespace backup {

using Names = std::vector<std::string>;

// A node that runs: it says what the test lets it say.
struct FakeNode final : RunningNode {
  base::Result<Hold> hold() override {
    on_hold(++holds);
    if (!error.empty()) return base::Error{error};
    if (loses) ++answer.lost;
    if (restarts && holds == 2) ++answer.epoch;
    return answer;
  }
  void let_go() override { ++let_gos; }
  Hold answer;
  std::function<void(int)> on_hold = [](int) {};
  std::string error;
  bool loses = false;
  bool restarts = false;
  int holds = 0;
  int let_gos = 0;
};

TEST_F(BackupTest, OfAStoppedNodeHasEverythingButWhatIsMadeAnew) {
  const auto report = take();
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  Names entries;
  for (const Entry& entry : report->manifest.entries) entries.push_back(entry.name);
  EXPECT_EQ(entries,
            (Names{"rollcall-backup", "data/secret", "data/demo-users",
                   "data/certificates/localhost.key", "data/journal/epoch-00000001.complete",
                   "data/journal/epoch-00000001.shard-000.0000000001",
                   "data/journal/epoch-00000001.shard-001.0000000001", "data/rollcall.sqlite",
                   "data/archive.db"}));
  EXPECT_EQ(report->manifest.journal_entries, 2);
  EXPECT_EQ(report->manifest.created, "2027-01-15T08:00:00Z");
  EXPECT_FALSE(report->manifest.running);
  EXPECT_EQ(report->bytes, std::filesystem::file_size(file));
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0600});
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(BackupTest, TheConfigurationAndTheCertificatesItNamesComeWithIt) {
  config_file = folder + "/rollcall.toml";
  write_whole(folder + "/chain", "chain");
  write_whole(folder + "/key", "key");
  write_whole(config_file,
              "domains = [\"localhost\"]\n[[certificate]]\ndomain = \"localhost\"\n"
              "chain = \"" +
                  folder + "/chain\"\nkey = \"" + folder + "/key\"\n");
  const auto report = take();
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  const auto restored = restore(folder + "/restored");
  ASSERT_TRUE(static_cast<bool>(restored)) << restored.error().what;
  const std::string from = folder + "/restored/from-backup";
  EXPECT_EQ(restored->configuration, from + "/rollcall.toml");
  EXPECT_EQ(read_whole(from + "/rollcall.toml"), read_whole(config_file));
  EXPECT_EQ(read_whole(from + "/certificates/localhost.crt"), "chain");
  EXPECT_EQ(read_whole(from + "/certificates/localhost.key"), "key");
}

TEST_F(BackupTest, TheCertificateOfADomainOfAnyAlphabetComesToo) {
  config_file = folder + "/rollcall.toml";
  write_whole(folder + "/pem", "pem");
  write_whole(config_file,
              "domains = [\"b\u00fccher.example\"]\n[[certificate]]\ndomain = "
              "\"b\u00fccher.example\"\nchain = \"" +
                  folder + "/pem\"\nkey = \"" + folder + "/pem\"\n");
  const auto report = take();
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  const auto restored = restore(folder + "/restored");
  ASSERT_TRUE(static_cast<bool>(restored)) << restored.error().what;
  EXPECT_EQ(read_whole(folder + "/restored/from-backup/certificates/b\u00fccher.example.key"),
            "pem");
}

TEST_F(BackupTest, AConfigurationWithMistakesStopsItAndIsNamed) {
  config_file = folder + "/rollcall.toml";
  write_whole(config_file, "domains = [\"localhost\"]\nshards = \"many\"\n");
  const auto report = take();
  ASSERT_FALSE(static_cast<bool>(report));
  const std::string& what = report.error().what;
  EXPECT_NE(what.find(config_file + ":2:"), std::string::npos) << what;
  EXPECT_NE(what.find("it must be an integer"), std::string::npos) << what;
  EXPECT_EQ(names(), (Names{"data", "rollcall.toml"}));
}

TEST_F(BackupTest, OfARunningNodeIsTakenBetweenTwoHoldsAndTheJournalIsLetGo) {
  FakeNode node;
  node.answer = {1, committed, 0};
  const auto report = take(&node);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_EQ(report->manifest.journal_entries, 2);
  EXPECT_TRUE(report->manifest.running);
  EXPECT_EQ(node.holds, 3);
  EXPECT_EQ(node.let_gos, 1);
}

TEST_F(BackupTest, AJournalThatCannotBeHeldIsTriedAgainAndThenGivenUp) {
  FakeNode node;
  node.answer = {1, committed, 0};
  node.loses = true;
  const auto report = take(&node);
  ASSERT_FALSE(static_cast<bool>(report));
  EXPECT_NE(report.error().what.find("try again"), std::string::npos) << report.error().what;
  EXPECT_EQ(node.holds, 9);
  EXPECT_EQ(node.let_gos, 3);
  EXPECT_EQ(names(), Names{"data"});
}

TEST_F(BackupTest, ASegmentThatIsReleasedMeanwhileIsTriedAgain) {
  const std::string segment = data + "/journal/epoch-00000001.shard-001.0000000001";
  FakeNode node;
  node.answer = {1, committed, 0};
  node.on_hold = [&](int holds) {
    if (holds == 2) std::filesystem::rename(segment, folder + "/away");
    if (holds == 4) std::filesystem::rename(folder + "/away", segment);
  };
  const auto report = take(&node);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_EQ(report->manifest.journal_entries, 2);
  EXPECT_EQ(node.holds, 6);
  std::filesystem::remove(file);
  std::filesystem::remove(segment);
  node.holds = 100;
  const auto never = take(&node);
  ASSERT_FALSE(static_cast<bool>(never));
  EXPECT_NE(never.error().what.find("the journal cannot be copied"), std::string::npos)
      << never.error().what;
  EXPECT_EQ(node.holds, 109) << "three times";
}

TEST_F(BackupTest, WhatCannotBeReadBackDoesNotTakeTheFilesPlace) {
  write_whole(file, "the one before");
  const std::string fresh = file + ".partial/file";
  bool damaged = false;
  meanwhile = [&] {
    std::string bytes = read_whole(fresh);
    const bool sealed = bytes.find(kSealHead) != std::string::npos;
    if (damaged || !sealed) return;
    bytes[bytes.size() / 2] ^= 1;
    write_whole(fresh, bytes);
    damaged = true;
  };
  const auto report = take(nullptr, true);
  EXPECT_TRUE(damaged);
  ASSERT_FALSE(static_cast<bool>(report));
  EXPECT_NE(report.error().what.find("its checksum is wrong"), std::string::npos)
      << report.error().what;
  EXPECT_EQ(read_whole(file), "the one before");
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(BackupTest, ANodeThatStopsOrIsStartedAnewMeanwhileMakesItFail) {
  FakeNode stops;
  stops.error = "the node hung up";
  EXPECT_FALSE(static_cast<bool>(take(&stops)));
  FakeNode restarts;
  restarts.answer = {1, committed, 0};
  restarts.restarts = true;
  EXPECT_FALSE(static_cast<bool>(take(&restarts)));
  EXPECT_EQ(names(), Names{"data"});
}

TEST_F(BackupTest, AnExistingFileIsReplacedOnlyByForce) {
  write_whole(file, "mine");
  EXPECT_FALSE(static_cast<bool>(take()));
  EXPECT_EQ(read_whole(file), "mine");
  const auto report = take(nullptr, true);
  ASSERT_TRUE(static_cast<bool>(report)) << report.error().what;
  EXPECT_TRUE(static_cast<bool>(check_backup(file, always)));
}

TEST_F(BackupTest, WhereverItIsInterruptedNothingIsLeft) {
  ASSERT_TRUE(static_cast<bool>(take()));
  const int questions = asked;
  std::filesystem::remove(file);
  ASSERT_GT(questions, 10);
  for (stop_at = 1; stop_at <= questions; ++stop_at) {
    asked = 0;
    ASSERT_FALSE(static_cast<bool>(take())) << stop_at;
    ASSERT_EQ(names(), Names{"data"}) << stop_at;
  }
}

TEST_F(BackupTest, WhileANodeHasTheDirectoryLockedItIsNotTakenBehindItsBack) {
  const auto lock = DataLock::take(data);
  ASSERT_TRUE(static_cast<bool>(lock)) << lock.error().what;
  const auto report = take();
  ASSERT_FALSE(static_cast<bool>(report));
  EXPECT_NE(report.error().what.find("in use by a node"), std::string::npos) << report.error().what;
  EXPECT_EQ(names(), Names{"data"});
}

TEST_F(BackupTest, TwoBackupsToOneFileDoNotMeet) {
  const auto place = Workplace::open(file + ".partial");
  ASSERT_TRUE(static_cast<bool>(place));
  write_whole((*place)->of("theirs"), "x");
  EXPECT_FALSE(static_cast<bool>(take()));
  EXPECT_TRUE(std::filesystem::exists((*place)->of("theirs")));
}

TEST_F(BackupTest, WhatAKilledRunLeftIsTakenAway) {
  const auto place = Workplace::open(file + ".partial");
  ASSERT_TRUE(static_cast<bool>(place)) << place.error().what;
  write_whole((*place)->of("half"), "half");
  std::filesystem::rename(file + ".partial", file + ".other");
  std::filesystem::copy(file + ".other", file + ".partial");
  std::filesystem::permissions(file + ".partial", std::filesystem::perms{0700});
  std::filesystem::remove_all(file + ".other");
  ASSERT_TRUE(static_cast<bool>(take()));
  EXPECT_EQ(names(), (Names{"data", "file"}));
}

TEST_F(BackupTest, ADamagedJournalOrDatabaseIsFoundOutAtOnce) {
  const std::string segment = data + "/journal/epoch-00000001.shard-000.0000000001";
  std::string bytes = read_whole(segment);
  bytes[4096 + 72 + 32 + 2] ^= 1;
  write_whole(segment, bytes);
  const auto report = take();
  ASSERT_FALSE(static_cast<bool>(report));
  EXPECT_NE(report.error().what.find("journal check"), std::string::npos) << report.error().what;
  std::filesystem::remove_all(data + "/journal");
  EXPECT_TRUE(static_cast<bool>(take())) << "without a journal there is nothing to copy";
  std::filesystem::remove(file);
  std::string database = read_whole(data + "/rollcall.sqlite");
  database.replace(3 * 4096, 3000, std::string(3000, '\x55'));
  write_whole(data + "/rollcall.sqlite", database);
  EXPECT_FALSE(static_cast<bool>(take()));
  std::filesystem::remove(data + "/rollcall.sqlite");
  EXPECT_FALSE(static_cast<bool>(take())) << "no data directory";
  EXPECT_EQ(names(), Names{"data"});
}

}  // namespace backup
