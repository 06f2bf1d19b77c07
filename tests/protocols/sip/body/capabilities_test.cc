#include "protocols/sip/body/capabilities.h"

#include <gtest/gtest.h>

#include <string>

#include "protocols/sip/body/xml_body.h"

namespace sip {
namespace {

uint16_t read(const std::string& inside) {
  const std::string text = "<servcaps xmlns:c='x'>" + inside + "</servcaps>";  // outlives the body
  XmlBody body;
  EXPECT_EQ(body.parse(text, "servcaps"), BodyFault::none);
  return read_capabilities(body.root());
}

TEST(Capabilities, EverySetReadsBackAsItself) {
  for (uint16_t set = 0; set < 128; ++set) {
    std::string out;
    write_capabilities(set, "c:", out);
    EXPECT_EQ(read(out), set);
  }
}

TEST(Capabilities, OnlyWhatIsTrueCounts) {
  EXPECT_EQ(read("<c:audio>false</c:audio><video> TRUE </video><text>1</text><data/><control>0"
                 "</control><application>yes</application><fax>true</fax>"),
            im::kCapabilityVideo | im::kCapabilityText);
}

}  // namespace
}  // namespace sip
