#include "protocols/sip/message/fault.h"

#include <gtest/gtest.h>

#include "engine/trace/counters.h"

namespace sip {
namespace {

using trace::Counter;

TEST(Fault, EveryOneHasAnErrorStatusAndAReason) {
#define FAULT(name, status, reason)                   \
  EXPECT_EQ(status_of(Fault::name), status) << #name; \
  EXPECT_GE(status_of(Fault::name), 400) << #name;    \
  EXPECT_LT(status_of(Fault::name), 600) << #name;    \
  EXPECT_FALSE(reason_of(Fault::name).empty()) << #name;
#include "protocols/sip/message/faults.def"
#undef FAULT
  EXPECT_EQ(status_of(Fault::version), 505);
  EXPECT_EQ(status_of(Fault::head_too_large), 513);
}

TEST(Fault, EachLimitHasItsOwnCounter) {
  const std::pair<Fault, Counter> cases[] = {
      {Fault::head_too_large, Counter::sip_head_limit_hit},
      {Fault::too_many_headers, Counter::sip_header_limit_hit},
      {Fault::body_too_large, Counter::sip_body_limit_hit},
      {Fault::version, Counter::sip_version_refused},
      {Fault::cseq, Counter::sip_messages_malformed},
  };
  for (const auto& [fault, counter] : cases) {
    const uint64_t before = trace::total(counter);
    count(fault);
    count(Fault::none);
    EXPECT_EQ(trace::total(counter), before + 1) << reason_of(fault);
  }
}

TEST(FaultDeathTest, NoneHasNoStatus) { EXPECT_DEATH(status_of(Fault::none), ""); }

}  // namespace
}  // namespace sip
