#include "protocols/sip/refusals.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace sip {

bool Refusals::may_write(base::Instant now) {
  const int64_t more = (now - since_).ns / kInterval.ns;
  CHECK(more >= 0);
  since_ = since_ + kInterval * more;
  lines_ = static_cast<uint32_t>(std::min<int64_t>(kBurst, lines_ + more));
  if (lines_ == 0) return false;
  --lines_;
  return true;
}

void Refusals::note(const base::SocketAddress& who, base::Bytes subject, base::Bytes why,
                    base::Instant now) {
  trace::count(trace::Counter::sip_strangers_refused);
  if (!may_write(now)) {
    ++unwritten_;
    return;
  }
  std::string address;
  base::append_address_and_port(who, address);
  TRACE(sip, warn, "upstream_not_trusted", {"address", address}, {"subject", subject}, {"why", why},
        {"not_written", std::exchange(unwritten_, 0)});
}

}  // namespace sip
