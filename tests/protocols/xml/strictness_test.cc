// What must be refused: the 28 inputs every strict parser refuses and a lax one accepts, and the
// rest of XML 1.0 and Namespaces in XML, each rule by name.
#include <gtest/gtest.h>

#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

using std::string_literals::operator""s;

struct Row {
  const char* name;
  std::string input;
  Verdict verdict;
  bool whole_stanza = true;  // false: a question of what stands around it
};

const Row kRows[] = {
    {"OverlongUtf8InText", "<a>\xc0\xaf</a>", Verdict::bad_encoding},
    {"LoneSurrogateInText", "<a>\xed\xa0\x80</a>", Verdict::bad_encoding},
    {"ByteFfInText", "<a>\xff</a>", Verdict::bad_encoding},
    {"TruncatedSequenceInText", "<a>\xe2\x82</a>", Verdict::bad_encoding},
    {"OverlongUtf8InAttribute", "<a b='\xc0\xaf'/>", Verdict::bad_encoding},
    {"DuplicateAttribute", "<a b='1' b='2'/>", Verdict::not_well_formed},
    {"UnboundPrefix", "<p:a/>", Verdict::bad_namespace_prefix},
    {"DoctypeAndEntity", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", Verdict::restricted},
    {"Comment", "<a><!-- x --></a>", Verdict::restricted},
    {"ProcessingInstruction", "<a><?x y?></a>", Verdict::restricted},
    {"RawControlCharacter", "<a>\x01</a>", Verdict::not_well_formed},
    {"ReferenceToNul", "<a>&#0;</a>", Verdict::not_well_formed},
    {"ReferenceToControlCharacter", "<a>&#x1;</a>", Verdict::not_well_formed},
    {"ReferenceToSurrogate", "<a>&#xD800;</a>", Verdict::not_well_formed},
    {"UndefinedEntity", "<a>&foo;</a>", Verdict::restricted},
    {"BareAmpersand", "<a>x & y</a>", Verdict::not_well_formed},
    {"CdataEndInText", "<a>]]></a>", Verdict::not_well_formed},
    {"LessThanInAttribute", "<a b='<'/>", Verdict::not_well_formed},
    {"TwoRoots", "<a/><b/>", Verdict::not_well_formed, false},
    {"TextAfterRoot", "<a/>x", Verdict::not_well_formed, false},
    {"DigitStartsName", "<1a/>", Verdict::not_well_formed},
    {"CommaInName", "<a,b/>", Verdict::not_well_formed},
    {"MissingSpaceBetweenAttributes", "<a b='1'c='2'/>", Verdict::not_well_formed},
    {"JunkInEndTag", "<a></a b>", Verdict::not_well_formed},
    {"UnquotedValue", "<a b=1/>", Verdict::not_well_formed},
    {"MismatchedEndTag", "<a></b>", Verdict::not_well_formed},
    {"Unterminated", "<a><b></b>", Verdict::not_well_formed, false},
    {"Nul", "<a>\0</a>"s, Verdict::not_well_formed},
};
static_assert(std::size(kRows) == 28);

class StrictnessRow : public testing::TestWithParam<Row> {};

TEST_P(StrictnessRow, IsRefusedAlone) {
  EXPECT_STREQ(verdict_name(parse_alone(GetParam().input)), verdict_name(GetParam().verdict));
}

// Tags near the end of the input and those with much behind them are not read by the same code.
std::string far_from_the_end(base::Bytes input) {
  return std::string("<w>").append(input).append("<w>").append(64, '.').append("</w></w>");
}

TEST_P(StrictnessRow, IsRefusedFarFromTheEnd) {
  if (!GetParam().whole_stanza) return;
  EXPECT_STREQ(verdict_name(parse_alone(far_from_the_end(GetParam().input))),
               verdict_name(GetParam().verdict));
}

TEST_P(StrictnessRow, IsRefusedInAStreamWhereverItIsCut) {
  const Row& row = GetParam();
  if (!row.whole_stanza) return;
  const std::string wanted = std::string("header error:") + verdict_name(row.verdict);
  const std::string stream = kHeader + row.input;
  EXPECT_EQ(hear(stream), wanted);
  EXPECT_EQ(hear_byte_by_byte(stream), wanted);
  for (size_t cut = kHeader.size(); cut <= stream.size(); ++cut) {
    EXPECT_EQ(hear({base::Bytes(stream).substr(0, cut), base::Bytes(stream).substr(cut)}), wanted)
        << "cut at " << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(All, StrictnessRow, testing::ValuesIn(kRows),
                         [](const auto& info) { return info.param.name; });

TEST(Strictness, TwoRootsAreTwoStanzasAndTextBetweenIsRefused) {
  EXPECT_EQ(hear(kHeader + "<a/><b/>"), "header <a/> <b/> idle");
  EXPECT_EQ(hear(kHeader + "<a/>x"), "header <a/> error:not_well_formed");
  EXPECT_EQ(hear(kHeader + "<a/><![CDATA[x]]>"), "header <a/> error:restricted");
  EXPECT_EQ(hear(kHeader + "<a><b></b>"), "header more");
}

void expect_refused(Verdict verdict, std::initializer_list<base::Bytes> inputs) {
  for (const base::Bytes input : inputs) {
    EXPECT_STREQ(verdict_name(parse_alone(input)), verdict_name(verdict)) << input;
  }
}

void expect_accepted(std::initializer_list<base::Bytes> inputs) {
  for (const base::Bytes input : inputs) {
    EXPECT_STREQ(verdict_name(parse_alone(input)), "ok") << input;
    EXPECT_STREQ(verdict_name(parse_alone(far_from_the_end(input))), "ok") << input;
  }
}

TEST(Strictness, TagsHaveOneShape) {
  expect_refused(Verdict::not_well_formed,
                 {"",          "a",        " <a/>",          "<",           "<>",
                  "</>",       "</a>",     "< a/>",          "<a / >",      "<a/ >",
                  "<a//>",     "<a></ a>", "<a></a/>",       "<a></a",      "<a",
                  "<a/",       "<a b/>",   "<a b=/>",        "<a b='/>",    "<a b=''",
                  "<a b='' b", "<a =''/>", "<a ''/>",        "<a b=''''/>", "<a/>\n",
                  "<a></A>",   "<a<b/>",   "<a b='1'/c=''>", "<a></a'>",    "<a b=\"1'/>",
                  "<ab></a>",  "<a></ab>"});
  expect_accepted({"<a/>", "<a></a>", "<a ></a >", "<a\t\r\n/>", "<a b = '1' />", "<a b='>'/>",
                   "<a b='\"'/>", "<a b=\"'\"/>", "<a>\"'</a>", "<a>></a>", "<a>]] ></a>",
                   "<a>]>]</a>", "<a><b/>]]<b/>></a>"});
}

TEST(Strictness, TagsHaveOneShapeFarFromTheEnd) {
  for (const base::Bytes tag : {"<a b=>'1'/>",
                                "<a b=<'1'/>",
                                "<a b'1'/>",
                                "<a b ='1' =c='2'/>",
                                "<a ='1'/>",
                                "<a 1='1'/>",
                                "<a -='1'/>",
                                "<a b/c='1'/>",
                                "<a/b='1'/>",
                                "<a b='1'b='2'/>",
                                "<a b='1' b='2'/>",
                                "<a b='1' c='2' b='3'/>",
                                "<a b='1' c=2/>",
                                "<a b=\"1'/>",
                                "<a b='1'>></a",
                                "<a b='1' /c>",
                                "<a b='1'/ >",
                                "<a'/>",
                                "<a>b='1'</a'>",
                                "<a b\x7f='1'/>",
                                "<a b+c='1'/>",
                                "<a b:='1'/>",
                                "<a-+/>",
                                "<a@b/>",
                                "<a[/>",
                                "<a`b/>",
                                "<a{/>"}) {
    EXPECT_STREQ(verdict_name(parse_alone(far_from_the_end(tag))), "not_well_formed") << tag;
  }
}

TEST(Strictness, NamesFollowXml) {
  expect_refused(Verdict::not_well_formed,
                 {"<-a/>", "<.a/>", "<a!/>", "<a\x7f/>", "<:a/>", "<a:/>", "<a:b:c/>", "<a:1/>",
                  "<a 1b=''/>", "<a :b=''/>", "<a b:=''/>", "<a xmlns:=''/>", "<\xc3\x97/>",
                  "<a\xc3\x97/>", "<\xcc\x81/>", "<\xc2\xb7/>", "<\xf0\x90\x80\x80/>"});
  expect_refused(Verdict::bad_encoding, {"<a\xff/>", "<\x80/>", "<a\xc3/>", "<a \xe2\x82='1'/>"});
  expect_accepted({"<_/>", "<a-b.c_d1/>", "<\xc3\xa9/>", "<a\xcc\x81/>", "<a\xc2\xb7/>",
                   "<\xe4\xb8\x80 \xcf\x80=''/>", "<a><\xc3\xa9></\xc3\xa9></a>"});
}

TEST(Strictness, ReferencesAreTheFivePredefinedAndLegalCharacters) {
  expect_refused(Verdict::not_well_formed, {"<a>&</a>",          "<a>&;</a>",
                                            "<a>&amp</a>",       "<a>&#;</a>",
                                            "<a>&#x;</a>",       "<a>&#X41;</a>",
                                            "<a>&#a;</a>",       "<a>&#xg;</a>",
                                            "<a>&#x110000;</a>", "<a>&#99999999999999999999;</a>",
                                            "<a>&#xFFFE;</a>",   "<a>&#xFFFF;</a>",
                                            "<a>&#xDFFF;</a>",   "<a>&#8;</a>",
                                            "<a>& amp;</a>",     "<a>&#65</a>",
                                            "<a b='&'/>",        "<a b='&#0;'/>",
                                            "<a b='&amp'/>",     "<a xmlns='&#1;'/>"});
  expect_refused(Verdict::restricted, {"<a>&Amp;</a>", "<a>&nbsp;</a>", "<a b='&foo;'/>",
                                       "<a>&\xc3\xa9;</a>", "<a>&_x-1;</a>"});
  expect_accepted({"<a>&amp;&lt;&gt;&quot;&apos;</a>", "<a>&#65;&#x41;&#x10FFFF;&#9;&#xd;</a>",
                   "<a>&#0000000000000000000065;</a>", "<a b='&lt;&#10;'/>"});
}

TEST(Strictness, CharactersThatMayStandNowhere) {
  expect_refused(
      Verdict::not_well_formed,
      {"<a>\x08</a>", "<a>\x0b</a>", "<a>\x1f</a>", "<a b='\x02'/>", "<a><![CDATA[\x03]]></a>",
       "<a>\xef\xbf\xbe</a>", "<a>\xef\xbf\xbf</a>", "<a b='\xef\xbf\xbf'/>"});
  expect_refused(Verdict::bad_encoding,
                 {"<a>\xf4\x90\x80\x80</a>", "<a>\xf8\x88\x80\x80\x80</a>", "<a>\x80</a>",
                  "<a>\xe0\x80\x80</a>", "<a b='\xfe'/>", "<a><![CDATA[\xff]]></a>"});
  expect_accepted(
      {"<a>\t\r\n\x7f</a>", "<a>\xc2\x85\xef\xbf\xbd\xf4\x8f\xbf\xbf</a>", "<a>\xef\xbb\xbf</a>"});
}

TEST(Strictness, ACharacterCutByTheStanzaEndIsNotCompletedByWhatFollows) {
  EXPECT_EQ(hear(kHeader + "<a>\xe2\x82</a>\x82"), "header error:bad_encoding");
  // … nor is a stanza blamed for a control character behind it.
  EXPECT_EQ(hear(kHeader + "<a/>\x01"), "header <a/> error:not_well_formed");
}

TEST(Strictness, NamespacesAreWellFormed) {
  expect_refused(Verdict::bad_namespace_prefix,
                 {"<a p:b=''/>", "<p:a/>", "<a><p:b xmlns:p='u'/><p:c/></a>", "<xmlns:a/>"});
  expect_refused(Verdict::not_well_formed,
                 {"<a xmlns:p=''/>", "<a xmlns:xml='u'/>", "<a xmlns:xmlns='u'/>",
                  "<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>",
                  "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
                  "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
                  "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
                  "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
                  "<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>", "<a xmlns='u' xmlns='v'/>",
                  "<a xmlns:p='u' xmlns:p='u'/>", "<p:a xmlns:p='u'></q:a>"});
  expect_accepted({"<a xmlns=''/>", "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
                   "<a xml:lang=''/>", "<xml:a/>", "<p:a p:b='' b='' xmlns:p='u'/>",
                   "<a xmlns='u' xmlns:p='u' p:b='' b=''/>"});
}

TEST(Strictness, OnlyCdataMayFollowAnExclamationMark) {
  expect_refused(
      Verdict::restricted,
      {"<a><!x></a>", "<a><![cdata[x]]></a>", "<a><![CDATA x]]></a>", "<a><!ELEMENT a ANY></a>",
       "<![CDATA[x]]>", "<!-- x --><a/>", "<?xml version='1.0'?><a/>"});
  expect_refused(Verdict::not_well_formed, {"<a><![CDATA[x]]</a>", "<a><![CDATA[x]] ></a>"});
  expect_accepted({"<a><![CDATA[]]></a>", "<a><![CDATA[]]]]></a>", "<a><![CDATA[<&\"'>]]></a>"});
}

}  // namespace
}  // namespace xml
