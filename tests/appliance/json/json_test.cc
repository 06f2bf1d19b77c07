#include "appliance/json/json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace appliance {
namespace {

std::string text_of(base::Bytes value) {
  std::string out;
  JsonWriter(out).text(value);
  return out;
}

// What a reader makes of it.
std::string round_trip(base::Bytes value) {
  const std::string json = text_of(value);
  simdjson::dom::parser parser;
  std::string_view read;
  EXPECT_EQ(parser.parse(json).get(read), simdjson::SUCCESS) << json;
  return std::string(read);
}

TEST(JsonWriter, CommasStandBetweenMembersAndItemsOnly) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("a", 1).key("b").begin_array().number(-2).number(3).end_array();
  writer.key("c").begin_object().end_object().flag("d", true).member("e", "x").end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[-2,3],"c":{},"d":true,"e":"x"})");
}

TEST(JsonWriter, ObjectsInArraysAreSeparated) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array().begin_object().end_object().begin_object().end_object().end_array();
  EXPECT_EQ(out, "[{},{}]");
}

TEST(JsonWriter, EveryOctetComesBackOrAsReplacement) {
  for (int octet = 0; octet < 256; ++octet) {
    const std::string text(1, static_cast<char>(octet));
    EXPECT_EQ(round_trip(text), octet < 0x80 ? text : "\xEF\xBF\xBD") << octet;
  }
}

TEST(JsonWriter, ScriptsOfTheWorldComeBack) {
  const std::string text = "Grüße, Привет, 你好, 👋 \"quoted\" \\ back";
  EXPECT_EQ(round_trip(text), text);
}

TEST(JsonWriter, MalformedUtf8IsReplacedOctetByOctet) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(round_trip("a\xC0\x80z"), "a" + replacement + replacement + "z");      // overlong
  EXPECT_EQ(round_trip("\xED\xA0\x80"), replacement + replacement + replacement);  // surrogate
  EXPECT_EQ(round_trip("\xF4\x90\x80\x80").size(), 12u);                           // > U+10FFFF
  EXPECT_EQ(round_trip("x\xE4\xBD"), "x" + replacement + replacement);             // cut
}

TEST(JsonWriter, NoControlCharacterIsWrittenRaw) {
  EXPECT_EQ(text_of("\n\r\t\x01\x7F"), R"("\n\r\t\u0001\u007f")");
}

TEST(JsonWriter, NumbersReachBothEnds) {
  std::string out;
  JsonWriter(out).begin_array().number(INT64_MIN).number(INT64_MAX).end_array();
  EXPECT_EQ(out, "[-9223372036854775808,9223372036854775807]");
}

}  // namespace
}  // namespace appliance
