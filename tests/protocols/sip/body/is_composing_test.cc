#include "protocols/sip/body/is_composing.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

TEST(IsComposing, WhatIsWrittenIsReadAgain) {
  IsComposingReader reader;
  for (const bool state : {true, false}) {
    std::string body;
    write_is_composing(state, body);
    bool active = !state;
    ASSERT_EQ(reader.read(body, active), BodyFault::none) << body;
    EXPECT_EQ(active, state);
  }
}

TEST(IsComposing, DocumentsOfOthers) {
  IsComposingReader reader;
  bool active = false;
  // RFC 3994 §5.
  EXPECT_EQ(reader.read("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"\n"
                        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
                        "  <state> active </state>\n  <contenttype>text/plain</contenttype>\n"
                        "  <refresh>90</refresh>\n</isComposing>",
                        active),
            BodyFault::none);
  EXPECT_TRUE(active);
  EXPECT_EQ(reader.read("<isComposing><state>dreaming</state></isComposing>", active),
            BodyFault::none);
  EXPECT_FALSE(active);
  EXPECT_EQ(reader.read("<isComposing/>", active), BodyFault::none);
  EXPECT_FALSE(active);
  EXPECT_EQ(reader.read("<other/>", active), BodyFault::other_kind);
  EXPECT_EQ(reader.read("typing", active), BodyFault::malformed);
  EXPECT_EQ(reader.read("<isComposing>" + std::string(kIsComposingBytesMax, ' ') + "</isComposing>",
                        active),
            BodyFault::too_large);
}

}  // namespace
}  // namespace sip
