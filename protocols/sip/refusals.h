// What an operator is told of those who are not trusted: a line each, but not more than somebody
// reads, as peers choose how often they come. Each is counted, and a line says how many before it
// were not written.
// One a shard; all calls on that shard. Limit: kBurst lines at once, then one in kInterval.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/base/time.h"

namespace sip {

class Refusals {
 public:
  static constexpr uint32_t kBurst = 10;
  static constexpr base::Duration kInterval = base::Duration::seconds(6);

  // `subject`: whose certificate it was, or whose domain; empty: nobody's.
  void note(const base::SocketAddress& who, base::Bytes subject, base::Bytes why,
            base::Instant now);

 private:
  bool may_write(base::Instant now);

  uint32_t lines_ = kBurst;  // that may be written
  base::Instant since_{};    // when that was so
  uint64_t unwritten_ = 0;
};

}  // namespace sip
