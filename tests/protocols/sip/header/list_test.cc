#include "protocols/sip/header/list.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

std::string elements(ListReader list) {
  std::string out;
  base::Bytes element;
  while (list.next(element)) out.append("[").append(element).append("]");
  return out;
}

TEST(ListReader, CommasInsideQuotesAndBracketsDoNotSeparate) {
  EXPECT_EQ(elements(ListReader("\"a,b\" <sip:x,y@z> , <sip:c>")),
            "[\"a,b\" <sip:x,y@z>][<sip:c>]");
  EXPECT_EQ(elements(ListReader("\"a\\\",b\" <sip:c>,d")), "[\"a\\\",b\" <sip:c>][d]");
  EXPECT_EQ(elements(ListReader("<sip:a\",b>,c")), "[<sip:a\",b>][c]");
}

TEST(ListReader, EmptyElementsAreHandedOutAndEmptyValuesAreNone) {
  EXPECT_EQ(elements(ListReader("")), "");
  EXPECT_EQ(elements(ListReader("a,,b")), "[a][][b]");
  EXPECT_EQ(elements(ListReader("a\t,\r\n b ")), "[a][b]");
  EXPECT_EQ(elements(ListReader(",")), "[][]");
}

TEST(ListReader, WhatIsNotClosedGoesToTheEnd) {
  EXPECT_EQ(elements(ListReader("a,\"b,c")), "[a][\"b,c]");
  EXPECT_EQ(elements(ListReader("<a,b")), "[<a,b]");
  EXPECT_EQ(elements(ListReader("\"a\\")), "[\"a\\]");
}

TEST(ListReader, LinesAreOneList) {
  WithFields one("k: a, b\r\nTo: x\r\nSupported:\r\nSupported: c\r\n");
  EXPECT_EQ(elements(ListReader(one.message, HeaderId::supported)), "[a][b][c]");
  EXPECT_EQ(elements(ListReader(one.message, HeaderId::require)), "");
}

TEST(ListReader, ListsAreAskedByNameOnly) {
  WithFields one("Supported: 100rel;x=eventlist, EventList ;y\r\n");
  EXPECT_TRUE(list_contains(one.message, HeaderId::supported, "eventlist"));
  EXPECT_TRUE(list_contains(one.message, HeaderId::supported, "100rel"));
  EXPECT_FALSE(list_contains(one.message, HeaderId::supported, "event"));
  EXPECT_FALSE(list_contains(one.message, HeaderId::require, "eventlist"));
}

}  // namespace
}  // namespace sip
