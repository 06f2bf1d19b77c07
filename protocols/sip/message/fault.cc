#include "protocols/sip/message/fault.h"

#include <iterator>

#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace sip {
namespace {

struct Entry {
  uint16_t status;
  base::Bytes reason;
};

constexpr Entry kEntries[] = {
    {0, ""},
#define FAULT(name, status, reason) {status, reason},
#include "protocols/sip/message/faults.def"
#undef FAULT
};

const Entry& entry(Fault fault) {
  CHECK(fault != Fault::none && static_cast<size_t>(fault) < std::size(kEntries));
  return kEntries[static_cast<size_t>(fault)];
}

}  // namespace

uint16_t status_of(Fault fault) { return entry(fault).status; }
base::Bytes reason_of(Fault fault) { return entry(fault).reason; }

void count(Fault fault) {
  using trace::Counter;
  switch (fault) {
    case Fault::none:
      return;
    case Fault::head_too_large:
      return trace::count(Counter::sip_head_limit_hit);
    case Fault::too_many_headers:
      return trace::count(Counter::sip_header_limit_hit);
    case Fault::body_too_large:
      return trace::count(Counter::sip_body_limit_hit);
    case Fault::version:
      return trace::count(Counter::sip_version_refused);
    default:
      return trace::count(Counter::sip_messages_malformed);
  }
}

}  // namespace sip
