// What a backup says of itself: its last entry, JSON.
// Values; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "appliance/backup/container.h"
#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace backup {

inline constexpr int64_t kFormat = 1;  // the newest this program reads

struct Manifest {
  int64_t format = kFormat;
  std::string product;  // the version that made it
  std::string created;  // 2026-11-22T20:00:00Z
  std::string data;     // of which directory
  std::string config_file;
  bool running = false;                    // the node ran meanwhile
  std::map<std::string, int64_t> schemas;  // of each database file
  int64_t journal_epoch = 0;
  int64_t journal_entries = 0;  // obligations and sessions in the journal
  std::vector<Entry> entries;   // all but the manifest itself
  uint64_t bytes() const;       // of all entries
};

std::string to_json(const Manifest& manifest);
// Refuses a format newer than kFormat, and schemas newer than the store's.
base::Result<Manifest> parse_manifest(base::Bytes json);

}  // namespace backup
