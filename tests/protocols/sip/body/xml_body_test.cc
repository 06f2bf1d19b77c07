#include "protocols/sip/body/xml_body.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/trace/counters.h"

namespace sip {
namespace {

using trace::Counter;

BodyFault parse(base::Bytes body) {
  XmlBody xml;
  return xml.parse(body, "a");
}

std::string repeated(base::Bytes text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out.append(text);
  return out;
}

TEST(XmlBody, WhatDocumentsMayHaveBesidesElementsIsTakenAway) {
  for (const base::Bytes body :
       {"<a><b>x</b></a>", " \r\n<a><b>x</b></a>\r\n", "\xEF\xBB\xBF<a><b>x</b></a>",
        "<?xml version='1.0' encoding='UTF-8'?>\r\n<a><b>x</b></a>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a><b>x</b></a>",
        "<!-- who --><a><!-- what - ever > < --><b><?pi <b> ?>x</b></a><!-- end -->",
        "<?xml version='1.0'?><?style sheet?><a><b><![CDATA[x]]></b></a>"}) {
    XmlBody xml;
    ASSERT_EQ(xml.parse(body, "a"), BodyFault::none) << body;
    EXPECT_EQ(child(xml.root(), "b").text(), "x") << body;
  }
}

TEST(XmlBody, CommentsInLiteralsAreText) {
  XmlBody xml;
  ASSERT_EQ(xml.parse("<a><![CDATA[<!-- x --><?y?>]]></a>", "a"), BodyFault::none);
  EXPECT_EQ(xml.root().text(), "<!-- x --><?y?>");
}

TEST(XmlBody, NothingBecomesATagByWhatIsTakenAway) {
  for (const base::Bytes body :
       {"<<!-- -->a/>", "<a <!-- --> b='c'/>", "<a><<?x?>b/></a>", "<a/<!-- -->>"}) {
    EXPECT_EQ(parse(body), BodyFault::malformed) << body;
  }
}

TEST(XmlBody, MalformedOnesAreRefusedAndCounted) {
  const uint64_t before = trace::total(Counter::sip_xml_body_malformed);
  const base::Bytes bodies[] = {"",
                                " ",
                                "a",
                                "<a>",
                                "<a></b>",
                                "<a/><a/>",
                                "<a/>x",
                                "<?xml <a/>",
                                "<a><!-- </a>",
                                "<a><![CDATA[</a>",
                                "<a b='\xFF'/>",
                                "<a>\xC3</a>",
                                "<p:a/>",
                                base::Bytes("<a>\0</a>", 8),
                                "\xFF\xFE<\0a\0/\0>\0"};
  for (const base::Bytes body : bodies) EXPECT_EQ(parse(body), BodyFault::malformed) << body;
  EXPECT_EQ(trace::total(Counter::sip_xml_body_malformed), before + std::size(bodies));
}

// Billion laughs, files of ours, and what only a document type can declare.
TEST(XmlBody, DocumentTypesAndEntitiesAreRefusedAndCounted) {
  const uint64_t before = trace::total(Counter::sip_xml_body_forbidden);
  const base::Bytes bodies[] = {
      "<!DOCTYPE a [<!ENTITY l 'l'><!ENTITY m '&l;&l;&l;'>]><a>&m;</a>",
      "<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
      "<!-- x --><!doctype a><a/>",
      "<a>&lol;</a>",
      "<a b='&lol;'/>",
      "<a><!ELEMENT b ANY></a>"};
  for (const base::Bytes body : bodies) EXPECT_EQ(parse(body), BodyFault::forbidden) << body;
  EXPECT_EQ(trace::total(Counter::sip_xml_body_forbidden), before + std::size(bodies));
}

TEST(XmlBody, DepthSizeAndAttributesHaveLimits) {
  const uint64_t before = trace::total(Counter::sip_xml_body_too_large);
  EXPECT_EQ(parse("<a>" + repeated("<b>", 31) + repeated("</b>", 31) + "</a>"), BodyFault::none);
  EXPECT_EQ(parse("<a>" + repeated("<b>", 33) + repeated("</b>", 33) + "</a>"),
            BodyFault::too_large);
  EXPECT_EQ(parse("<a>" + repeated("<b>", 5000)), BodyFault::too_large);  // long before its end
  const std::string fits = "<a>" + std::string(kXmlBodyBytesMax - 7, 'x') + "</a>";
  EXPECT_EQ(parse(fits), BodyFault::none);
  EXPECT_EQ(parse(fits + " "), BodyFault::too_large);
  std::string attributes = "<a";
  for (int i = 0; i < 65; ++i) attributes += " a" + std::to_string(i) + "='1'";
  EXPECT_EQ(parse(attributes + "/>"), BodyFault::too_large);
  EXPECT_EQ(parse("<" + std::string(300, 'a') + "/>"), BodyFault::too_large);
  EXPECT_EQ(trace::total(Counter::sip_xml_body_too_large), before + 5);
}

TEST(XmlBody, AnotherDocumentIsRefusedAndCounted) {
  const uint64_t before = trace::total(Counter::sip_xml_body_other_kind);
  EXPECT_EQ(parse("<b/>"), BodyFault::other_kind);
  EXPECT_EQ(parse("<x:a xmlns:x='other'/>"), BodyFault::none);
  EXPECT_EQ(trace::total(Counter::sip_xml_body_other_kind), before + 1);
}

TEST(XmlBody, ElementsAreFoundByTheirLocalNames) {
  XmlBody xml;
  ASSERT_EQ(xml.parse("<a xmlns:x='y'><b>1</b><x:c/><x:b>2</x:b><b>3</b></a>", "a"),
            BodyFault::none);
  xml::Element one = child(xml.root(), "b");
  EXPECT_EQ(one.text(), "1");
  one = next(one, "b");
  EXPECT_EQ(one.text(), "2");
  one = next(one, "b");
  EXPECT_EQ(one.text(), "3");
  EXPECT_FALSE(next(one, "b"));
  EXPECT_FALSE(child(xml.root(), "d"));
  EXPECT_FALSE(child(child(xml.root(), "d"), "e"));
}

TEST(Words, CaseAndWhiteSpaceAroundDoNotCount) {
  EXPECT_TRUE(same_word(" \r\nOpen\t", "open"));
  EXPECT_FALSE(same_word("op en", "open"));
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed(" a b "), "a b");
}

}  // namespace
}  // namespace sip
