#include "tests/support/memory_disk.h"

#include <errno.h>
#include <string.h>

#include <algorithm>

#include "engine/base/check.h"

namespace test {

MemoryDisk& MemoryDisk::operator=(const MemoryDisk& from) {
  if (this == &from) return *this;
  capacity = from.capacity;
  changes_left = from.changes_left;
  write_error = from.write_error;
  sync_error = from.sync_error;
  next_handle_ = from.next_handle_;
  std::map<const Inode*, std::shared_ptr<Inode>> copies;
  const auto copy = [&copies](const std::shared_ptr<Inode>& inode) {
    std::shared_ptr<Inode>& made = copies[inode.get()];
    if (made == nullptr) made = std::make_shared<Inode>(*inode);
    return made;
  };
  Names names;
  Names durable_names;
  std::map<int, std::shared_ptr<Inode>> handles;
  for (const auto& [name, inode] : from.names_) names[name] = copy(inode);
  for (const auto& [name, inode] : from.durable_names_) durable_names[name] = copy(inode);
  for (const auto& [file, inode] : from.handles_) handles[file] = copy(inode);
  names_ = std::move(names);
  durable_names_ = std::move(durable_names);
  handles_ = std::move(handles);
  return *this;
}

base::Result<std::vector<std::string>> MemoryDisk::list() {
  std::vector<std::string> names;
  for (const auto& [name, inode] : names_) names.push_back(name);
  return names;
}

uint64_t MemoryDisk::bytes() const {
  uint64_t sum = 0;
  for (const auto& [name, inode] : names_) sum += inode->now.size();
  return sum;
}

MemoryDisk::Inode& MemoryDisk::inode(int file) {
  const auto found = handles_.find(file);
  CHECK(found != handles_.end());
  return *found->second;
}

bool MemoryDisk::change() {
  if (off()) return false;
  if (changes_left != UINT64_MAX) --changes_left;
  return !off();
}

base::Result<int> MemoryDisk::create(const std::string& name, uint64_t bytes) {
  if (!change()) return base::Error{"no power"};
  if (names_.contains(name)) return base::Error{name + ": " + strerror(EEXIST)};
  if (this->bytes() + bytes > capacity) return base::Error{name + ": " + strerror(ENOSPC)};
  auto made = std::make_shared<Inode>();
  made->now.assign(bytes, '\0');
  for (uint64_t at = 0; at < bytes; at += kSector) made->dirty.insert(at / kSector);
  names_[name] = made;
  return open(name);
}

base::Result<int> MemoryDisk::open(const std::string& name) {
  const auto found = names_.find(name);
  if (found == names_.end()) return base::Error{name + ": " + strerror(ENOENT)};
  handles_[next_handle_] = found->second;
  return next_handle_++;
}

base::Result<uint64_t> MemoryDisk::size(int file) { return uint64_t{inode(file).now.size()}; }

base::Status MemoryDisk::read(int file, uint64_t offset, size_t bytes, std::string& out) {
  const std::string& now = inode(file).now;
  out = offset >= now.size() ? "" : now.substr(offset, bytes);
  return base::Status::ok();
}

base::Status MemoryDisk::write(int file, uint64_t offset, base::Bytes bytes) {
  if (!change()) return base::Error{"no power"};
  if (write_error != 0) return base::Error{strerror(write_error)};
  Inode& to = inode(file);
  if (to.now.size() < offset + bytes.size()) to.now.resize(offset + bytes.size());
  to.now.replace(offset, bytes.size(), bytes);
  for (uint64_t sector = offset / kSector; sector * kSector < offset + bytes.size(); ++sector) {
    to.dirty.insert(sector);
  }
  return base::Status::ok();
}

void MemoryDisk::persist(Inode& inode, uint64_t sector) {
  const uint64_t from = sector * kSector;
  const uint64_t some = std::min<uint64_t>(kSector, inode.now.size() - from);
  if (inode.durable.size() < from + some) inode.durable.resize(from + some);
  inode.durable.replace(from, some, inode.now, from, some);
}

base::Status MemoryDisk::sync(int file) {
  if (!change()) return base::Error{"no power"};
  if (sync_error != 0) return base::Error{strerror(sync_error)};
  Inode& synced = inode(file);
  for (const uint64_t sector : synced.dirty) persist(synced, sector);
  synced.dirty.clear();
  return base::Status::ok();
}

void MemoryDisk::close(int file) { CHECK(handles_.erase(file) == 1); }

base::Status MemoryDisk::rename(const std::string& from, const std::string& to) {
  if (!change()) return base::Error{"no power"};
  const auto found = names_.find(from);
  if (found == names_.end()) return base::Error{from + ": " + strerror(ENOENT)};
  names_[to] = found->second;
  names_.erase(from);
  return base::Status::ok();
}

base::Status MemoryDisk::remove(const std::string& name) {
  if (!change()) return base::Error{"no power"};
  if (names_.erase(name) == 0) return base::Error{name + ": " + strerror(ENOENT)};
  return base::Status::ok();
}

base::Status MemoryDisk::sync_folder() {
  if (!change()) return base::Error{"no power"};
  if (sync_error != 0) return base::Error{strerror(sync_error)};
  durable_names_ = names_;
  return base::Status::ok();
}

int32_t MemoryDisk::commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync) {
  if (write_error != 0) return -write_error;
  if (off()) return -EIO;
  for (const iovec& piece : pieces) {
    const base::Bytes bytes{static_cast<const char*>(piece.iov_base), piece.iov_len};
    if (!write(file, offset, bytes)) return -EIO;
    offset += bytes.size();
  }
  if (!sync) return 0;
  if (sync_error != 0) return -sync_error;
  return this->sync(file) ? 0 : -EIO;
}

void MemoryDisk::crash(base::Random* random) {
  handles_.clear();
  changes_left = UINT64_MAX;
  // Names change in their order: what is not synced is all there, or not at all.
  if (random != nullptr && random->below(2) == 0) durable_names_ = names_;
  std::set<Inode*> inodes;
  for (const auto& [name, inode] : durable_names_) inodes.insert(inode.get());
  for (const auto& [name, inode] : durable_names_) {
    if (inodes.erase(inode.get()) == 0) continue;
    for (const uint64_t sector : inode->dirty) {
      if (random != nullptr && random->below(2) == 0) persist(*inode, sector);
    }
    inode->dirty.clear();
    inode->now = inode->durable;
  }
  names_ = durable_names_;
}

std::string& MemoryDisk::content(const std::string& name) {
  const auto found = names_.find(name);
  CHECK(found != names_.end());
  return found->second->now;
}

}  // namespace test
