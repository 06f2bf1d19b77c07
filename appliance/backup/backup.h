// `rollcall backup`: a node's belongings at one moment, in one file. In the operator's command, so
// that the node does nothing but keep its journal for a moment: it may not even be allowed to write
// where the file is to be.
//
// Whatever was acknowledged before it began is in the file. In this order: how far the journals'
// logs are; the databases' snapshots; how far the logs are now. A message that moves between
// journal and store, or between shards, is found on one side at least (engine/journal/recovery/
// copy.h), sometimes on both: then the restored node delivers it twice, with one stanza-id.
// Main thread; blocking.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "appliance/backup/container.h"
#include "appliance/backup/manifest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace backup {

// The node that runs on the data directory. Its journal stays as it is from the first hold() on.
class RunningNode {
 public:
  struct Hold {
    uint64_t epoch = 0;
    std::vector<uint64_t> committed;  // of each shard
    uint64_t lost = 0;                // has grown: the journal could not be held
  };
  virtual ~RunningNode() = default;
  virtual base::Result<Hold> hold() = 0;
  virtual void let_go() = 0;
};

struct BackupOptions {
  std::string file;
  bool force = false;  // replaces a file that is there
  std::string data;
  std::string config_file;      // "": none
  RunningNode* node = nullptr;  // null: it is stopped
  base::WallTime now;
  GoOn go_on;
};

struct BackupReport {
  uint64_t bytes = 0;  // of the file
  Manifest manifest;
};

// Nothing is left behind when it fails.
base::Result<BackupReport> take_backup(const BackupOptions& options);

}  // namespace backup
