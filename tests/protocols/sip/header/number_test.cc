#include "protocols/sip/header/number.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

TEST(CSeq, NumberAndMethodAreRead) {
  CSeq out;
  ASSERT_TRUE(parse_cseq("0009\r\n  INVITE", out));  // RFC 4475 §3.1.1.1
  EXPECT_EQ(out.number, 9u);
  EXPECT_EQ(out.method, Method::invite);
  ASSERT_TRUE(parse_cseq("2147483647 NEWMETHOD", out));
  EXPECT_EQ(out.number, kCSeqMax);
  EXPECT_EQ(out.method, Method::unknown);
  EXPECT_EQ(out.method_name, "NEWMETHOD");
}

// RFC 3261 §8.1.1.5: less than 2^31; RFC 4475 §3.1.2.4: never cut to what fits.
TEST(CSeq, MalformedOnesAreRefused) {
  CSeq out;
  for (const base::Bytes value :
       {"", "1", "INVITE", "1INVITE", "1 ", "-1 INVITE", "1 INVITE x", "2147483648 INVITE",
        "36893488147419103232 REGISTER", "4294967297 INVITE", "1 IN@VITE"}) {
    EXPECT_FALSE(parse_cseq(value, out)) << value;
  }
  EXPECT_EQ(read_cseq(WithFields("To: x\r\n").message, out), Read::absent);
  EXPECT_EQ(read_cseq(WithFields("CSeq: x\r\n").message, out), Read::malformed);
}

TEST(Number, RangesAreKept) {
  uint32_t out = 1;
  EXPECT_EQ(read_max_forwards(WithFields("Max-Forwards: 0\r\n").message, out), Read::ok);
  EXPECT_EQ(out, 0u);
  EXPECT_EQ(read_max_forwards(WithFields("Max-Forwards: 255\r\n").message, out), Read::ok);
  EXPECT_EQ(read_max_forwards(WithFields("Max-Forwards: 256\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_max_forwards(WithFields("Max-Forwards: -1\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_expires(WithFields("Expires: 4294967295\r\n").message, out), Read::ok);
  EXPECT_EQ(out, UINT32_MAX);
  EXPECT_EQ(read_expires(WithFields("Expires: 4294967296\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_expires(WithFields("Expires: 3600 s\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_expires(WithFields("Expires:\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_min_expires(WithFields("To: x\r\n").message, out), Read::absent);
}

TEST(Number, RetryAfterMayHaveACommentAndParameters) {
  uint32_t out = 0;
  EXPECT_EQ(read_retry_after(WithFields("Retry-After: 120 (in a meeting)\r\n").message, out),
            Read::ok);
  EXPECT_EQ(out, 120u);
  EXPECT_EQ(read_retry_after(WithFields("Retry-After: 18000;duration=3600\r\n").message, out),
            Read::ok);
  EXPECT_EQ(read_retry_after(WithFields("Retry-After: soon\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_retry_after(WithFields("Retry-After: 12 x\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_retry_after(WithFields("To: x\r\n").message, out), Read::absent);
}

}  // namespace
}  // namespace sip
