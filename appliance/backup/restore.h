// `rollcall restore`: from a backup's file to a data directory, and the check of such a file.
// Everything is verified before anything is touched; then all is unpacked beside (DATA.restoring),
// read as a node would, and put in place by a rename. What was there is kept.
// Main thread; blocking.
#pragma once

#include <string>

#include "appliance/backup/container.h"
#include "appliance/backup/manifest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace backup {

// Seal, format, manifest, every entry's checksum, versions. The error says what is wrong.
base::Result<Manifest> check_backup(const std::string& file, const GoOn& go_on);

struct RestoreOptions {
  std::string file;
  std::string data;
  base::WallTime now;
  GoOn go_on;
};

struct RestoreReport {
  Manifest manifest;
  std::string data;
  std::string kept;           // where the old data is; "": there was none
  std::string configuration;  // where the backup's configuration is; "": it had none
};

// Refuses while a node runs on the directory.
base::Result<RestoreReport> restore_backup(const RestoreOptions& options);

}  // namespace backup
