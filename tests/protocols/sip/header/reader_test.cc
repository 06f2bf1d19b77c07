#include "protocols/sip/header/reader.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

std::string unquoted(base::Bytes inside) {
  std::string out;
  unquote(inside, out);
  return out;
}

TEST(Reader, SeparatorsTakeTheSpaceAroundThemAndFailureMovesNothing) {
  Reader reader("a \r\n , b");
  EXPECT_EQ(reader.token(), "a");
  const char* const before = reader.place();
  EXPECT_FALSE(reader.take(';'));
  EXPECT_EQ(reader.place(), before);
  EXPECT_TRUE(reader.take(','));
  EXPECT_EQ(reader.rest(), "b");
}

TEST(Reader, QuotedStringsEndAtTheirQuote) {
  base::Bytes inside;
  Reader plain("\"a\\\"b\" c");
  ASSERT_TRUE(plain.quoted_string(inside));
  EXPECT_EQ(inside, "a\\\"b");
  EXPECT_EQ(plain.rest(), " c");
  for (const base::Bytes text : {"\"", "\"a", "\"a\\", "\"a\\\"", "\"a\\\r\n b\""}) {
    Reader reader(text);
    EXPECT_FALSE(reader.quoted_string(inside)) << text;
  }
}

TEST(Reader, ParametersAreTakenOneByOne) {
  Reader reader(" ; lr;a = b ;c=\"x;y\" rest");
  Parameter one;
  ASSERT_EQ(reader.next_parameter(one), Step::one);
  EXPECT_TRUE(one.is("LR"));
  EXPECT_FALSE(one.has_value);
  ASSERT_EQ(reader.next_parameter(one), Step::one);
  EXPECT_EQ(one.value, "b");
  ASSERT_EQ(reader.next_parameter(one), Step::one);
  EXPECT_TRUE(one.quoted);
  EXPECT_EQ(one.value, "x;y");
  EXPECT_EQ(reader.next_parameter(one), Step::none);
  EXPECT_EQ(reader.rest(), " rest");
}

TEST(Reader, MalformedParametersAreRefused) {
  for (const base::Bytes text : {";", "; ", ";=a", ";a=", ";a=;b", ";a=\"b", ";\"a\"=b"}) {
    Reader reader(text);
    Parameter one;
    EXPECT_EQ(reader.next_parameter(one), Step::malformed) << text;
  }
}

TEST(Reader, FirstParameterOfANameIsFound) {
  Parameter one;
  ASSERT_TRUE(find_parameter(";a=1;TAG=2;tag=3", "tag", one));
  EXPECT_EQ(one.value, "2");
  EXPECT_FALSE(find_parameter(";a=1", "b", one));
  EXPECT_FALSE(find_parameter("", "b", one));
}

TEST(Quote, WhatIsQuotedIsReadBack) {
  for (const std::string text : {"", "plain", "a\"b", "a\\b", "\\\"", "\xc3\xbc"}) {
    std::string quoted;
    quote(text, quoted);
    Reader reader(quoted);
    base::Bytes inside;
    ASSERT_TRUE(reader.quoted_string(inside)) << text;
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(unquoted(inside), text);
  }
}

// Nobody breaks out of a header with a line's end.
TEST(Quote, ControlCharactersBecomeSpaces) {
  std::string quoted;
  quote(base::Bytes("a\r\nVia: x\0b\x7f", 12), quoted);
  EXPECT_EQ(quoted, "\"a  Via: x b \"");
}

TEST(Quote, FoldsInsideBecomeOneSpace) {
  EXPECT_EQ(unquoted("a\r\n \t b"), "a b");
  EXPECT_EQ(unquoted("a\\"), "a\\");
}

}  // namespace
}  // namespace sip
