#include "protocols/sip/body/rlmi_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "protocols/sip/body/xml_body.h"

namespace sip {
namespace {

TEST(RlmiWriter, AListWithEveryStateOfItsResources) {
  std::string out;
  RlmiWriter writer("sip:adam-friends@pres.example.com", 0, true, out);
  writer.resource({.uri = "sip:bob@example.com",
                   .name = "Bob & Co",
                   .instance_id = "juwigmtboe",
                   .state = InstanceState::active,
                   .cid = "bUZBsM@pres.example.com"});
  writer.resource({.uri = "sip:dave@example.com",
                   .instance_id = "hqzsuxtfyq",
                   .state = InstanceState::pending});
  writer.resource({.uri = "sip:ed@example.net",
                   .instance_id = "x",
                   .state = InstanceState::terminated,
                   .reason = "rejected"});
  writer.resource({.uri = "sip:nobody@example.net"});
  writer.end();
  EXPECT_EQ(out,
            "<?xml version='1.0' encoding='UTF-8'?>\r\n"
            "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='sip:adam-friends@pres.example.com'"
            " version='0' fullState='true'>"
            "<resource uri='sip:bob@example.com'><name>Bob &amp; Co</name>"
            "<instance id='juwigmtboe' state='active' cid='bUZBsM@pres.example.com'/></resource>"
            "<resource uri='sip:dave@example.com'><instance id='hqzsuxtfyq' state='pending'/>"
            "</resource><resource uri='sip:ed@example.net'><instance id='x' state='terminated'"
            " reason='rejected'/></resource><resource uri='sip:nobody@example.net'></resource>"
            "</list>");
  XmlBody body;
  EXPECT_EQ(body.parse(out, "list"), BodyFault::none);
}

TEST(RlmiWriter, PartialStateSaysSo) {
  std::string out;
  RlmiWriter writer("sip:l@x", 9, false, out);
  writer.end();
  EXPECT_NE(out.find(" version='9' fullState='false'"), std::string::npos);
}

}  // namespace
}  // namespace sip
