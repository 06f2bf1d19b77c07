#include "appliance/store/schema.h"

#include <fstream>

#include "tests/appliance/store/fixture.h"

namespace {

using namespace store_test;

constexpr const char* kMadeUp[] = {
    "PRAGMA application_id = 0x526F6C6C; CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('kept')",
    "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7",
    "CREATE TABLE b AS SELECT x, y FROM a",
};
constexpr const char* kBroken[] = {kMadeUp[0],
                                   "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)"};

class Schema : public testing::Test {
 protected:
  std::unique_ptr<store::Database> database() {
    auto opened = store::Database::open(options_at(path));
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
  std::string why_not_opened() {
    const auto opened = store::Store::open(options_at(path), {});
    return opened ? "" : opened.error().what;
  }
  Folder folder;
  const std::string path = folder / "schema.db";
};

TEST_F(Schema, EveryOlderVersionIsBroughtUpToDateWithItsData) {
  const std::span<const char* const> steps(kMadeUp);
  for (size_t from = 0; from <= steps.size(); ++from) {
    std::filesystem::remove(path);
    ASSERT_TRUE(migrate(*database(), steps.first(from)));
    auto again = database();
    ASSERT_TRUE(migrate(*again, steps)) << from;
    EXPECT_EQ(again->pragma("PRAGMA user_version"), 3);
    EXPECT_EQ(again->pragma("SELECT count(*) FROM b WHERE x = 'kept' AND y = 7"), 1);
  }
}

TEST_F(Schema, OurOwnOlderVersionsAreBroughtUpToDate) {
  for (size_t from = 0; from <= store::schema_steps().size(); ++from) {
    std::filesystem::remove(path);
    ASSERT_TRUE(migrate(*database(), store::schema_steps().first(from)));
    EXPECT_EQ(why_not_opened(), "") << from;
  }
}

TEST_F(Schema, AStepThatFailsLeavesTheVersionBefore) {
  {
    auto fresh = database();
    const base::Status done = migrate(*fresh, kBroken);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().what.find("schema 2"), std::string::npos);
    EXPECT_FALSE(fresh->in_transaction());
  }
  auto again = database();
  EXPECT_EQ(again->pragma("PRAGMA user_version"), 1);
  EXPECT_EQ(again->pragma("SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
}

TEST_F(Schema, ANewerSchemaIsRefusedInPlainWords) {
  EXPECT_EQ(why_not_opened(), "");
  ASSERT_TRUE(database()->execute("PRAGMA user_version=99"));
  const std::string why = why_not_opened();
  EXPECT_NE(why.find("newer Rollcall (schema 99"), std::string::npos) << why;
  EXPECT_NE(why.find(path), std::string::npos);
}

TEST_F(Schema, AnotherProgramsDatabaseIsLeftAlone) {
  ASSERT_TRUE(database()->execute("CREATE TABLE theirs (x)"));
  EXPECT_NE(why_not_opened().find("another program's database"), std::string::npos);
  ASSERT_TRUE(database()->execute("PRAGMA user_version=1"));
  EXPECT_NE(why_not_opened().find("another program's database"), std::string::npos);
  EXPECT_EQ(database()->pragma("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(Schema, GarbageIsCalledDamaged) {
  std::ofstream(path) << std::string(8192, 'g');
  const std::string why = why_not_opened();
  EXPECT_NE(why.find("damaged"), std::string::npos) << why;
  EXPECT_NE(why.find("backup"), std::string::npos) << why;
}

TEST_F(Schema, ADamagedPageFailsTheRequestInWords) {
  {
    auto store = open(options_at(path));
    for (int i = 0; i < 200; ++i) {
      auto create = request(im::StoreKind::create_account, std::to_string(i) + "@x", "password");
      store->call(*create);
      ASSERT_EQ(create->status, im::StoreStatus::ok);
    }
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
    for (std::streamoff at = 3 * 4096; at < size; at += 4096) {  // schema stays, content goes
      file.seekp(at);
      file << std::string(64, '\xee');
    }
  }
  const auto opened = store::Store::open(options_at(path), {});
  if (!opened) {
    EXPECT_NE(opened.error().what.find("damaged"), std::string::npos) << opened.error().what;
    return;
  }
  uint32_t failed = 0;
  for (int i = 0; i < 200; ++i) {
    auto load = request(im::StoreKind::load_credentials, std::to_string(i) + "@x");
    (**opened).call(*load);
    if (load->status == im::StoreStatus::failed) ++failed;
  }
  EXPECT_GT(failed, 0u);
}

}  // namespace
