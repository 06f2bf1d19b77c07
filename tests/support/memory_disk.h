// A disk in memory for the journal: what was not synced is lost in a crash, or kept in part, by
// sectors. It can be full and it can fail. One file system, one thread.
#pragma once

#include <sys/uio.h>

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/journal/files.h"

namespace test {

class MemoryDisk final : public journal::Files {
 public:
  static constexpr uint64_t kSector = 512;

  // Faults. Bytes all files may have together; errno values that writes and syncs fail with.
  uint64_t capacity = UINT64_MAX;
  int write_error = 0;
  int sync_error = 0;
  // So many more changes (of files, names or what is synced) until the power goes: then nothing
  // works, up to crash().
  uint64_t changes_left = UINT64_MAX;
  bool off() const { return changes_left == 0; }

  MemoryDisk() = default;
  // A copy has files of its own: what a test compares with, or goes back to.
  MemoryDisk(const MemoryDisk& from) { *this = from; }
  MemoryDisk& operator=(const MemoryDisk& from);

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

  // Reactor::commit(): 0 or -errno.
  int32_t commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync);

  // Power off and on: every file is closed. With a random source each sector that was not synced
  // survives by chance, else none does.
  void crash(base::Random* random = nullptr);
  // The process has ended and the machine has not: every file is closed, nothing else happens.
  void close_all() { handles_.clear(); }

  // For tests that damage or compare: the content as it is now.
  std::string& content(const std::string& name);
  bool holds(const std::string& name) const { return names_.contains(name); }
  uint64_t bytes() const;
  int open_files() const { return static_cast<int>(handles_.size()); }

 private:
  struct Inode {
    std::string now;
    std::string durable;
    std::set<uint64_t> dirty;  // sectors
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  Inode& inode(int file);
  bool change();  // false: there is no power for it
  static void persist(Inode& inode, uint64_t sector);

  Names names_;
  Names durable_names_;
  std::map<int, std::shared_ptr<Inode>> handles_;
  int next_handle_ = 1000;
};

}  // namespace test
