#include "appliance/backup/layout.h"

#include <gtest/gtest.h>

namespace backup {

TEST(Layout, WhatABackupHasIsKnown) {
  for (const char* name :
       {"rollcall-backup", "manifest.json", "data/secret", "data/demo-users", "data/archive.db",
        "data/rollcall.sqlite", "data/certificates/localhost.crt",
        "data/journal/epoch-00000001.complete", "configuration/rollcall.toml",
        "configuration/certificates/example.org.key"}) {
    EXPECT_TRUE(is_known_entry(name)) << name;
  }
}

TEST(Layout, NothingElseIs) {
  for (const char* name : {"",
                           "data",
                           "data/",
                           "data/unknown",
                           "data/rollcall.sqlite-wal",
                           "data/admin.sock",
                           "data/rollcall.sqlite/x",
                           "data/certificates",
                           "data/certificates/",
                           "data/journal/a/b",
                           "data/journals/x",
                           "data/journal/../secret",
                           "data/../secret",
                           "/data/secret",
                           "secret",
                           "configuration/x",
                           "configuration/certificates/a/b",
                           "configuration/rollcall.toml/x",
                           "elsewhere/secret",
                           "manifest.json/x"}) {
    EXPECT_FALSE(is_known_entry(name)) << name;
  }
}

}  // namespace backup
