#include "appliance/backup/manifest.h"

#include <gtest/gtest.h>

#include "appliance/store/snapshot.h"

namespace backup {

static Manifest example() {
  Manifest manifest;
  manifest.product = "1.2.3";
  manifest.created = "2026-11-22T20:00:00Z";
  manifest.data = "/var/lib/\"odd\"";
  manifest.config_file = "/etc/rollcall/rollcall.toml";
  manifest.running = true;
  manifest.schemas = {{"rollcall.sqlite", 2}, {"archive.db", 1}};
  manifest.journal_epoch = 7;
  manifest.journal_entries = 3;
  manifest.entries = {{"rollcall-backup", 9, "00"}, {"data/secret", 32, "ff"}};
  return manifest;
}

TEST(Manifest, ComesBackAsItWasWritten) {
  const Manifest before = example();
  const auto after = parse_manifest(to_json(before));
  ASSERT_TRUE(static_cast<bool>(after)) << after.error().what;
  EXPECT_EQ(after->product, before.product);
  EXPECT_EQ(after->created, before.created);
  EXPECT_EQ(after->data, before.data);
  EXPECT_EQ(after->config_file, before.config_file);
  EXPECT_EQ(after->running, before.running);
  EXPECT_EQ(after->schemas, before.schemas);
  EXPECT_EQ(after->journal_epoch, 7);
  EXPECT_EQ(after->journal_entries, 3);
  EXPECT_EQ(after->entries, before.entries);
  EXPECT_EQ(after->bytes(), 41u);
}

TEST(Manifest, OfANewerProgramIsRefusedByName) {
  Manifest manifest = example();
  manifest.format = kFormat + 1;
  const auto format = parse_manifest(to_json(manifest));
  ASSERT_FALSE(static_cast<bool>(format));
  EXPECT_NE(format.error().what.find("newer Rollcall (1.2.3; format 2"), std::string::npos)
      << format.error().what;
  manifest = example();
  manifest.schemas["archive.db"] = store::known_schema(store::DatabaseKind::archive) + 1;
  const auto schema = parse_manifest(to_json(manifest));
  ASSERT_FALSE(static_cast<bool>(schema));
  EXPECT_NE(schema.error().what.find("of archive.db"), std::string::npos) << schema.error().what;
  manifest = example();
  manifest.schemas["rooms.db"] = 1;
  EXPECT_FALSE(static_cast<bool>(parse_manifest(to_json(manifest))));
}

// A newer format may lack what this one has: it is told from damage all the same.
TEST(Manifest, OfANewerFormatNeedsNothingElse) {
  const auto parsed = parse_manifest("{\"format\":9,\"product\":\"9.0\"}");
  ASSERT_FALSE(static_cast<bool>(parsed));
  EXPECT_NE(parsed.error().what.find("newer"), std::string::npos);
}

TEST(Manifest, WithoutAnyOfItsMembersIsRefused) {
  const std::string whole = to_json(example());
  for (const char* member : {"format", "product", "created", "data", "config_file", "running",
                             "schemas", "journal_epoch", "journal_entries", "entries", "sha256"}) {
    std::string text = whole;
    text.replace(text.find("\"" + std::string(member) + "\""), 3, "\"xx");
    EXPECT_FALSE(static_cast<bool>(parse_manifest(text))) << text;
  }
  EXPECT_FALSE(static_cast<bool>(parse_manifest("")));
  EXPECT_FALSE(static_cast<bool>(parse_manifest("[]")));
}

}  // namespace backup
