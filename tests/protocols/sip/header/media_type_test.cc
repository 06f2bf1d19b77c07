#include "protocols/sip/header/media_type.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

TEST(MediaType, TypeAndParametersAreRead) {
  MediaType out;
  ASSERT_TRUE(
      parse_media_type("multipart / related ;type=\"application/rlmi+xml\";boundary=x", out));
  EXPECT_TRUE(out.is("Multipart/Related"));
  EXPECT_FALSE(out.is("multipart/mixed"));
  EXPECT_FALSE(out.is("text/related"));
  Parameter parameter;
  ASSERT_TRUE(find_parameter(out.parameters, "TYPE", parameter));
  EXPECT_EQ(parameter.value, "application/rlmi+xml");
  EXPECT_FALSE(find_parameter(out.parameters, "charset", parameter));
}

TEST(MediaType, MalformedOnesAreRefused) {
  MediaType out;
  for (const base::Bytes value :
       {"", "text", "text/", "/plain", "text/plain;", "text/plain x", "text/plain,text/html",
        "text/plain;charset=\"x", "te xt/plain"}) {
    EXPECT_FALSE(parse_media_type(value, out)) << value;
  }
  EXPECT_EQ(read_content_type(WithFields("To: x\r\n").message, out), Read::absent);
  EXPECT_EQ(read_content_type(WithFields("c: text\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_content_type(WithFields("c: text/plain\r\n").message, out), Read::ok);
}

bool accepted(base::Bytes accept, base::Bytes type = "application/pidf+xml") {
  return accepts(WithFields("Accept: " + std::string(accept) + "\r\n").message, type, true);
}

TEST(Accept, MostSpecificRangeDecides) {
  EXPECT_TRUE(accepted("application/pidf+xml"));
  EXPECT_TRUE(accepted("application/*"));
  EXPECT_TRUE(accepted("text/plain, */*;q=0.1"));
  EXPECT_FALSE(accepted("text/plain"));
  EXPECT_FALSE(accepted("*/*, application/pidf+xml;q=0.0"));
  EXPECT_FALSE(accepted("application/pidf+xml;q=0, application/*"));
  EXPECT_TRUE(accepted("application/*;q=0, Application/PIDF+xml;q=0.5"));
}

TEST(Accept, AbsentMeansTheDefaultAndEmptyMeansNothing) {
  EXPECT_TRUE(accepts(WithFields("To: x\r\n").message, "a/b", true));
  EXPECT_FALSE(accepts(WithFields("To: x\r\n").message, "a/b", false));
  EXPECT_FALSE(accepted(""));
  EXPECT_FALSE(accepted("nonsense"));
  EXPECT_TRUE(accepted("nonsense, application/pidf+xml"));
}

}  // namespace
}  // namespace sip
