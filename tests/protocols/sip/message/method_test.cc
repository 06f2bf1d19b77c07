#include "protocols/sip/message/method.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(Method, EveryNameIsFoundAndWrittenBack) {
#define METHOD(name, wire)                    \
  EXPECT_EQ(find_method(wire), Method::name); \
  EXPECT_EQ(wire_name(Method::name), wire);
#include "protocols/sip/message/methods.def"
#undef METHOD
  EXPECT_EQ(wire_name(Method::unknown), "");
}

// RFC 3261 §7.1: methods are case-sensitive.
TEST(Method, OtherNamesAreUnknown) {
  for (const base::Bytes name : {"", "invite", "Invite", "INVIT", "INVITEX", "SUBSCRIBED",
                                 "!interesting-Method0123456789_*+`.%indeed'~"}) {
    EXPECT_EQ(find_method(name), Method::unknown) << name;
  }
}

}  // namespace
}  // namespace sip
