#include "protocols/xml/element.h"

#include <gtest/gtest.h>

#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

class ElementTest : public testing::Test {
 protected:
  Element parse(const std::string& xml) {
    source_ = xml;
    EXPECT_EQ(document_.parse(source_, Limits()), Verdict::ok) << xml;
    return document_.root();
  }
  // The first stanza of a stream with this header.
  Element in_stream(const std::string& header, const std::string& stanza) {
    source_ = header + stanza;
    base::Bytes in = source_;
    EXPECT_EQ(reader_.next(in, document_, Limits()), StreamEvent::header);
    EXPECT_EQ(reader_.next(in, document_, Limits()), StreamEvent::stanza);
    return reader_.element();
  }
  static std::string forwarded(Element element) {
    std::string out;
    element.forwarded_attributes(out);
    return out;
  }

  std::string source_;
  Document document_;
  StreamReader reader_;
};

TEST_F(ElementTest, NoElementAnswersNothing) {
  const Element none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.name(), "");
  EXPECT_EQ(none.ns(), "");
  EXPECT_FALSE(none.is("", ""));
  EXPECT_EQ(none.attribute("a"), "");
  EXPECT_FALSE(none.has_attribute("a"));
  EXPECT_EQ(none.attribute_count(), 0u);
  EXPECT_FALSE(none.first_child());
  EXPECT_FALSE(none.next_sibling());
  EXPECT_FALSE(none.child("a", ""));
  EXPECT_EQ(none.text(), "");
  EXPECT_EQ(none.outer(), "");
  EXPECT_EQ(none.inner(), "");
  EXPECT_EQ(forwarded(none), "");
  EXPECT_FALSE(Document().root());
}

TEST_F(ElementTest, NamesAndNamespaces) {
  const Element a = parse("<a xmlns='u' xmlns:p='v'><p:b/><c xmlns=''><d/></c><e/></a>");
  EXPECT_TRUE(a.is("a", "u"));
  EXPECT_FALSE(a.is("a", ""));
  EXPECT_FALSE(a.is("b", "u"));
  const Element b = a.first_child();
  EXPECT_TRUE(b.is("b", "v"));
  const Element c = b.next_sibling();
  EXPECT_TRUE(c.is("c", ""));
  EXPECT_TRUE(c.first_child().is("d", ""));
  EXPECT_TRUE(c.next_sibling().is("e", "u"));
  EXPECT_FALSE(c.next_sibling().next_sibling());
  EXPECT_FALSE(b.first_child());
  EXPECT_TRUE(a.child("e", "u"));
  EXPECT_FALSE(a.child("e", ""));
  EXPECT_FALSE(a.child("d", ""));  // a grandchild
}

TEST_F(ElementTest, PrefixesEndWithTheirElement) {
  const Element a =
      parse("<a xmlns:p='1'><b xmlns:p='2'><p:c/></b><p:d/><e xmlns:p='3'/><p:f p:g='x'/></a>");
  EXPECT_EQ(a.first_child().first_child().ns(), "2");
  EXPECT_EQ(a.child("d", "1").ns(), "1");
  EXPECT_EQ(a.child("f", "1").attribute("g", "1"), "x");
}

TEST_F(ElementTest, AttributesAreDecodedAndNormalised) {
  const Element a = parse(
      "<a plain='x' refs='&lt;&#x1F600;&quot;&amp;amp;' space='1\t2\n3\r\n4\r5' lines='&#10;&#13;'"
      " empty='' xml:lang='en' xmlns:p='u' p:plain='y'/>");
  EXPECT_EQ(a.attribute("plain"), "x");
  EXPECT_EQ(a.attribute("refs"), "<\U0001f600\"&amp;");
  EXPECT_EQ(a.attribute("space"), "1 2 3 4 5");
  EXPECT_EQ(a.attribute("lines"), "\n\r");
  EXPECT_EQ(a.attribute("empty"), "");
  EXPECT_TRUE(a.has_attribute("empty"));
  EXPECT_FALSE(a.has_attribute("absent"));
  EXPECT_FALSE(a.has_attribute("lang"));
  EXPECT_FALSE(a.has_attribute("p"));  // declarations are no attributes
  EXPECT_FALSE(a.has_attribute("xmlns"));
  EXPECT_EQ(a.attribute("lang", kXmlNamespace), "en");
  EXPECT_EQ(a.attribute("plain", "u"), "y");
  EXPECT_EQ(a.attribute_count(), 8u);
  EXPECT_TRUE(a.attribute_at(6).declaration);
  EXPECT_EQ(a.attribute_at(6).name, "p");
  EXPECT_EQ(a.attribute_at(6).value, "u");
}

TEST_F(ElementTest, DecodedValuesStayWhereTheyAre) {
  std::string xml = "<a";
  for (int i = 0; i < 60; ++i)
    xml += " a" + std::to_string(i) + "='&#65;" + std::string(i, 'x') + "'";
  const Element a = parse(xml + "/>");
  const base::Bytes first = a.attribute("a0");
  const char* const where = first.data();
  for (int i = 1; i < 60; ++i) {
    EXPECT_EQ(a.attribute("a" + std::to_string(i)), "A" + std::string(i, 'x'));
  }
  EXPECT_EQ(a.attribute("a0").data(), where);
  EXPECT_EQ(first, "A");
}

TEST_F(ElementTest, TextIsDecodedAndItsOwn) {
  const Element a = parse(
      "<a>1 &lt; 2<b>not this</b> &amp;amp; <![CDATA[<raw>&amp;]]>]]&gt;\r\n\r.&#13;<c/></a>");
  EXPECT_EQ(a.text(), "1 < 2 &amp; <raw>&amp;]]>\n\n.\r");
  EXPECT_EQ(a.first_child().text(), "not this");
  std::string appended = "before ";
  a.first_child().text(appended);
  EXPECT_EQ(appended, "before not this");
  EXPECT_EQ(parse("<a><![CDATA[]]></a>").text(), "");
  EXPECT_EQ(parse("<a><![CDATA[x\r\ny]]><![CDATA[>]]></a>").text(), "x\ny>");
}

TEST_F(ElementTest, OuterAndInnerAreTheBytesThatCame) {
  const Element a = parse("<a  b = '&lt;' >x<c\td='1' ></c >&amp;</a >");
  EXPECT_EQ(a.outer(), "<a  b = '&lt;' >x<c\td='1' ></c >&amp;</a >");
  EXPECT_EQ(a.inner(), "x<c\td='1' ></c >&amp;");
  EXPECT_EQ(a.first_child().outer(), "<c\td='1' ></c >");
  EXPECT_EQ(a.first_child().inner(), "");
  EXPECT_EQ(parse("<a/>").inner(), "");
}

TEST_F(ElementTest, ForwardedAttributesLeaveOutWhatIsRewritten) {
  const Element a = parse(
      "<message to='a' from='b' id='c' type='chat' xmlns='jabber:client' xml:lang='en' "
      "foo=\"it's &lt;\"  xmlns:p='urn:p' p:to = 'x' xml:space='default'><body/></message>");
  EXPECT_EQ(forwarded(a), " foo=\"it's &lt;\" xmlns:p='urn:p' p:to = 'x' xml:space='default'");
  EXPECT_EQ(forwarded(parse("<message to='a'><p:b xmlns:p='u'/></message>")), "");
}

TEST_F(ElementTest, ForwardedAttributesDeclareWhatOnlyTheHeaderDeclared) {
  const std::string header =
      "<s:stream xmlns='jabber:client' xmlns:s='urn:s' xmlns:p='urn:&lt;p' "
      "xmlns:q='urn:q'>";
  EXPECT_EQ(forwarded(in_stream(header, "<message><p:a/><b><p:c/></b></message>")),
            " xmlns:p='urn:&lt;p'");
  reader_.restart();
  EXPECT_EQ(forwarded(in_stream(header, "<message q:x='1'><a p:b=''/></message>")),
            " q:x='1' xmlns:p='urn:&lt;p' xmlns:q='urn:q'");
  reader_.restart();
  // Declared again on the way: nothing is missing.
  EXPECT_EQ(forwarded(in_stream(header, "<message xmlns:p='urn:p'><p:a/></message>")),
            " xmlns:p='urn:p'");
  reader_.restart();
  EXPECT_EQ(forwarded(in_stream(header, "<message><p:a xmlns:p='other'/></message>")), "");
  reader_.restart();
  // The stanza's own name is written by whoever forwards it.
  EXPECT_EQ(forwarded(in_stream(header, "<p:message><a xml:lang='en'/></p:message>")), "");
}

// A forwarded stanza reads in another stream as it did in its own.
TEST_F(ElementTest, ForwardedStanzaMeansTheSameElsewhere) {
  const std::string header = "<s:stream xmlns='jabber:client' xmlns:s='urn:s' xmlns:p='urn:p'>";
  const Element one = in_stream(
      header, "<message to='a' p:k='v'><p:a q:b='&amp;' xmlns:q='urn:q'>t</p:a></message>");
  std::string sent = "<message to='z'";
  one.forwarded_attributes(sent);
  sent.append(">").append(one.inner()).append("</message>");
  Document document;
  ASSERT_EQ(document.parse(sent, Limits()), Verdict::ok) << sent;
  EXPECT_EQ(document.root().attribute("k", "urn:p"), "v");
  const Element a = document.root().first_child();
  EXPECT_TRUE(a.is("a", "urn:p"));
  EXPECT_EQ(a.attribute("b", "urn:q"), "&");
  EXPECT_EQ(a.text(), "t");
}

TEST_F(ElementTest, ADocumentIsReused) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(parse("<a b='&lt;'><c/></a>").attribute("b"), "<");
    EXPECT_EQ(parse("<x xmlns='u'/>").ns(), "u");
    std::string bad = "<a><b></a>";
    EXPECT_EQ(document_.parse(bad, Limits()), Verdict::not_well_formed);
    EXPECT_FALSE(document_.root());
  }
}

}  // namespace
}  // namespace xml
