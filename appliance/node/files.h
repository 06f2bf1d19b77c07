// Small files in the data directory: read whole, written whole or not at all.
// Main thread, at start and stop.
#pragma once

#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace appliance {

// Makes the directory (mode 0700) and its parents where absent. An Error if it cannot be written.
base::Status prepare_folder(const std::string& path);
bool file_exists(const std::string& path);
base::Result<std::string> read_file(const std::string& path);
// By way of a temporary file and rename; synced to disk.
base::Status write_file(const std::string& path, base::Bytes content, int mode);
std::vector<std::string> lines_of(const std::string& text);

}  // namespace appliance
