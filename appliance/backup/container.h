// A backup's file: a tar archive under zstd, which `tar --zstd -tvf` shows, and behind it a seal,
// in a frame that zstd skips: the SHA-256 of all before it. The first entry says the format, the
// last one is the manifest. The only place that includes libarchive.
//
//   rollcall-backup   "format 1"
//   data/…            what goes into the data directory
//   configuration/…   the configuration file, certificates it names
//   manifest.json     names, sizes, checksums of all before it (manifest.h)
//
// One thread; blocking. Memory: a megabyte or two, and the manifest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

struct archive;

namespace backup {

// Asked now and then; false: the operator has had enough.
using GoOn = std::function<bool()>;
extern const base::Error kInterrupted;

struct Entry {
  std::string name;
  uint64_t bytes = 0;
  std::string sha256;  // hexadecimal
  friend bool operator==(const Entry&, const Entry&) = default;
};

class ContainerWriter {
 public:
  // A new file, mode 0600; errors name it as `path`.
  static base::Result<std::unique_ptr<ContainerWriter>> create(const std::string& path, GoOn go_on);
  ~ContainerWriter();
  ContainerWriter(const ContainerWriter&) = delete;
  ContainerWriter& operator=(const ContainerWriter&) = delete;

  base::Status add(const std::string& name, base::Bytes content);
  base::Status add_file(const std::string& name, const std::string& path);
  // Those before.
  const std::vector<Entry>& entries() const { return entries_; }
  // The end, the seal; on disk when it returns. Yields the file's size.
  base::Result<uint64_t> finish();

 private:
  struct Output;  // the file itself
  explicit ContainerWriter(GoOn go_on);
  base::Status begin_entry(const std::string& name, uint64_t bytes, int64_t modified);
  base::Status write(base::Bytes piece);
  base::Error failed() const;

  const GoOn go_on_;
  std::unique_ptr<Output> output_;
  archive* archive_ = nullptr;
  std::vector<Entry> entries_;
};

// Who takes a container's entries, one after another.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual base::Status begin(const std::string& name, uint64_t bytes) = 0;
  virtual base::Status piece(base::Bytes bytes) = 0;
  virtual base::Status end(const Entry& entry) = 0;
};

// Whether the seal is whole and right. `whole`: it is there.
struct Seal {
  bool whole = false;
  bool right = false;
};
base::Result<Seal> check_seal(const std::string& path, const GoOn& go_on);

// All entries, whatever the seal says. Only plain files with clean relative names are taken.
base::Status read_container(const std::string& path, EntrySink& sink, const GoOn& go_on);

}  // namespace backup
