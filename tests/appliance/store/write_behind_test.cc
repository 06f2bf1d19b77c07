#include "appliance/store/archive/write_behind.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

constexpr size_t kPiece = 512 << 10;

TEST(WriteBehind, StartsAPieceOnceItIsLargeEnough) {
  store::WriteBehind writes;
  writes.wrote(-2, 0, kPiece - 1);
  EXPECT_EQ(writes.pieces(), 0u);
  writes.wrote(-2, kPiece - 1, 1);
  EXPECT_EQ(writes.pieces(), 1u);
  writes.wrote(-2, 0, 3 * kPiece);  // however much at once
  EXPECT_EQ(writes.pieces(), 2u);
}

TEST(WriteBehind, AnotherFileIsAnotherPiece) {
  store::WriteBehind writes;
  writes.wrote(-2, 0, 4096);
  writes.wrote(-3, 0, 4096);
  EXPECT_EQ(writes.pieces(), 1u);
  writes.wrote(-3, 4096, kPiece);
  EXPECT_EQ(writes.pieces(), 2u);
}

class WritesOfSqlite : public testing::Test {
 protected:
  WritesOfSqlite() {
    char name[] = "/tmp/write_behind_XXXXXX";
    folder_ = mkdtemp(name);
    store::WriteBehind::install();
    EXPECT_EQ(sqlite3_open((folder_ + "/db").c_str(), &database_), SQLITE_OK);
    run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (x)");
  }
  ~WritesOfSqlite() override {
    sqlite3_close(database_);
    std::filesystem::remove_all(folder_);
  }
  void run(const char* sql) {
    EXPECT_EQ(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  }

  std::string folder_;
  sqlite3* database_ = nullptr;
};

TEST_F(WritesOfSqlite, AreStartedByTheThreadThatAsksForIt) {
  store::WriteBehind writes;
  run("INSERT INTO t VALUES (zeroblob(4 << 20))");
  EXPECT_GE(writes.pieces(), 7u);
  EXPECT_LE(writes.pieces(), 10u);
  const uint64_t before = writes.pieces();
  run("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_GE(writes.pieces(), before + 7);
}

TEST_F(WritesOfSqlite, AreLeftAloneByOthers) {
  run("INSERT INTO t VALUES (zeroblob(4 << 20))");
  const store::WriteBehind writes;
  EXPECT_EQ(writes.pieces(), 0u);
}

}  // namespace
