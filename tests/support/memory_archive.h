// The archive's semantics in memory: the same answers as appliance/store/archive (one conformance
// suite runs against both). For the simulation and the tests of protocols, which feed it what their
// journals are given.
// One thread at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocols/im/archive/record.h"
#include "protocols/im/store_request.h"
#include "tests/support/memory_log.h"

namespace tests {

class MemoryArchive final : public FeedConsumer {
 public:
  bool take(base::Bytes record) override;
  // query_archive and archive_metadata; the caller sees to it that what the asker had appended has
  // been taken.
  void answer(im::StoreRequest& request) const;

  static bool answers(im::StoreKind kind) {
    return kind == im::StoreKind::query_archive || kind == im::StoreKind::archive_metadata;
  }
  size_t messages_of(base::Bytes owner) const;
  void clear() { archives_.clear(); }

 private:
  struct Kept {
    im::MessageId id;
    base::WallTime when;
    std::string with;
    std::string stanza;
  };
  using Archive = std::vector<Kept>;

  static im::StoreStatus query(const Archive& archive, im::ArchiveQuery& query);
  std::map<std::string, Archive, std::less<>> archives_;
};

}  // namespace tests
