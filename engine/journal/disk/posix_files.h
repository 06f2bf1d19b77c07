// The journal's files in a real folder, which is locked: one node, or one offline command, at a
// time. Descriptors stay open until close(), or until this object ends.
// Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/journal/files.h"

namespace journal {

class PosixFiles final : public Files {
 public:
  // Makes the folder (mode 0700) if its parent is there and `make` is set. An Error if somebody
  // else has it open.
  static base::Result<std::unique_ptr<PosixFiles>> open_folder(const std::string& path,
                                                               bool make = true);
  // To read beside a node that has the folder locked.
  static base::Result<std::unique_ptr<PosixFiles>> open_to_read(const std::string& path);
  ~PosixFiles() override;
  PosixFiles(const PosixFiles&) = delete;
  PosixFiles& operator=(const PosixFiles&) = delete;

  base::Result<std::vector<std::string>> list() override;
  base::Result<int> create(const std::string& name, uint64_t bytes) override;
  base::Result<int> open(const std::string& name) override;
  base::Result<uint64_t> size(int file) override;
  base::Status read(int file, uint64_t offset, size_t bytes, std::string& out) override;
  base::Status write(int file, uint64_t offset, base::Bytes bytes) override;
  base::Status sync(int file) override;
  void close(int file) override;
  base::Status rename(const std::string& from, const std::string& to) override;
  base::Status remove(const std::string& name) override;
  base::Status sync_folder() override;

 private:
  PosixFiles(std::string path, int folder, bool writes)
      : path_(std::move(path)), folder_(folder), writes_(writes) {}
  int opened(int file);
  base::Error failed(const char* what, const std::string& name) const;

  const std::string path_;
  const int folder_;
  const bool writes_;
  std::mutex mutex_;  // of the set alone
  std::set<int> open_;
};

}  // namespace journal
