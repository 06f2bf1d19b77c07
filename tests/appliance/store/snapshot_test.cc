#include "appliance/store/snapshot.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "appliance/store/database.h"
#include "appliance/store/schema.h"

namespace store {

static bool go_on() { return true; }

// A database with its writer at work, and a place for copies.
class Snapshots : public testing::Test {
 protected:
  Snapshots() {
    char path[] = "/tmp/rollcall_snapshot_XXXXXX";
    folder = ::mkdtemp(path);
    writer = open_database();
    EXPECT_TRUE(writer->execute(
        "INSERT INTO users VALUES (1, 'alice@x', x'', 1, x'', x'', x'', 1, x'', x'')"));
  }
  ~Snapshots() override {
    writer.reset();
    std::filesystem::remove_all(folder);
  }
  std::unique_ptr<Database> open_database() const {
    StoreOptions options;
    options.path = original();
    options.durability = Durability::relaxed;  // no power cut here
    auto opened = Database::open(options);
    EXPECT_TRUE(static_cast<bool>(opened)) << opened.error().what;
    EXPECT_TRUE(static_cast<bool>(migrate(**opened, schema_steps())));
    return std::move(*opened);
  }
  std::string original() const { return folder + "/rollcall.sqlite"; }
  std::string copy() const { return folder + "/copy #1 50%?"; }  // whatever an operator calls it
  bool add_user(int number) {
    return writer->execute("INSERT INTO users VALUES (NULL, 'user" + std::to_string(number) +
                           "@x', zeroblob(2000), 1, x'', x'', x'', 1, x'', x'')");
  }
  int64_t users_in_copy() const {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open_v2(copy().c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle, "SELECT count(*) FROM users", -1, &statement, nullptr);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sqlite3_errmsg(handle);
    const int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return count;
  }
  std::string folder;
  std::unique_ptr<Database> writer;
};

TEST_F(Snapshots, ACopyIsAsTheDatabaseWasWhenItWasOpenedWhateverIsWrittenMeanwhile) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(add_user(i));
  auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(snapshot)) << snapshot.error().what;
  EXPECT_EQ((*snapshot)->schema(), known_schema(DatabaseKind::accounts));
  int steps = 0;
  const auto write_between = [&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(add_user(1000 + 100 * steps + i));
    ++steps;
    return true;
  };
  const auto copied = (*snapshot)->copy_to(copy(), write_between);
  ASSERT_TRUE(static_cast<bool>(copied)) << copied.error().what;
  EXPECT_GT(steps, 1) << "in steps";
  EXPECT_EQ(std::filesystem::file_size(copy()), (*snapshot)->bytes());
  struct stat facts {};
  ASSERT_EQ(::stat(copy().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto checked = check_copy(copy(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(checked)) << checked.error().what;
  EXPECT_EQ(*checked, known_schema(DatabaseKind::accounts));
  EXPECT_EQ(users_in_copy(), 501);
}

TEST_F(Snapshots, TheWriterNeverWaitsAndTheLogShrinksAgain) {
  auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(snapshot));
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(add_user(i)) << writer->last_error();
  snapshot->reset();
  ASSERT_TRUE(add_user(9999));
  writer.reset();
  EXPECT_FALSE(std::filesystem::exists(original() + "-wal"));
}

TEST_F(Snapshots, OfAStoppedNodeThatCrashedTheWriteAheadLogIsReadToo) {
  ASSERT_TRUE(add_user(1));
  const std::string crashed = folder + "/crashed.sqlite";
  for (const char* end : {"", "-wal"}) {
    std::filesystem::copy_file(original() + end, crashed + end);
  }
  auto snapshot = Snapshot::open(crashed, DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(snapshot)) << snapshot.error().what;
  ASSERT_TRUE(static_cast<bool>((*snapshot)->copy_to(copy(), go_on)));
  EXPECT_EQ(users_in_copy(), 2);
}

TEST_F(Snapshots, WhoHasHadEnoughGetsAnError) {
  auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(snapshot));
  EXPECT_FALSE(static_cast<bool>((*snapshot)->copy_to(copy(), [] { return false; })));
}

TEST_F(Snapshots, AnExistingFileIsNotOverwritten) {
  std::ofstream(copy()) << "mine";
  auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>(snapshot));
  EXPECT_FALSE(static_cast<bool>((*snapshot)->copy_to(copy(), go_on)));
  EXPECT_EQ(std::filesystem::file_size(copy()), 4u);
}

TEST_F(Snapshots, ANewerSchemaIsRefusedByNumber) {
  ASSERT_TRUE(writer->execute("PRAGMA user_version=99"));
  const auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_FALSE(static_cast<bool>(snapshot));
  EXPECT_NE(snapshot.error().what.find("schema 99"), std::string::npos) << snapshot.error().what;
  writer.reset();
  EXPECT_FALSE(static_cast<bool>(check_copy(original(), DatabaseKind::accounts)));
}

TEST_F(Snapshots, AnotherDatabaseAndNoDatabaseAreRefused) {
  EXPECT_FALSE(static_cast<bool>(Snapshot::open(original(), DatabaseKind::archive)));
  EXPECT_FALSE(static_cast<bool>(Snapshot::open(folder + "/absent", DatabaseKind::accounts)));
  std::ofstream(folder + "/text") << std::string(10000, 'x');
  EXPECT_FALSE(static_cast<bool>(Snapshot::open(folder + "/text", DatabaseKind::accounts)));
  EXPECT_FALSE(static_cast<bool>(check_copy(folder + "/text", DatabaseKind::accounts)));
}

TEST_F(Snapshots, ADamagedCopyIsFoundOut) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(add_user(i));
  auto snapshot = Snapshot::open(original(), DatabaseKind::accounts);
  ASSERT_TRUE(static_cast<bool>((*snapshot)->copy_to(copy(), go_on)));
  ASSERT_TRUE(static_cast<bool>(check_copy(copy(), DatabaseKind::accounts)));
  for (const uint64_t page : {2, 50, 100}) {
    std::fstream file(copy(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(page * 4096));
    file << std::string(200, '\x55');
  }
  EXPECT_FALSE(static_cast<bool>(check_copy(copy(), DatabaseKind::accounts)));
}

}  // namespace store
