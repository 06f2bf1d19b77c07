#include <gtest/gtest.h>

#include "tests/scenario/runner/match.h"
#include "tests/scenario/runner/script.h"
#include "tests/scenario/runner/tree.h"

namespace scenario {
namespace {

Tree parse(const std::string& xml) {
  std::vector<Tree> trees;
  std::string error;
  EXPECT_TRUE(parse_fragment(xml, trees, error)) << error;
  return trees.at(0);
}

bool matches(const std::string& expected, const std::string& actual, Captures& captures) {
  std::string why;
  const Unstated unstated{"me@here/now", "me@here"};
  const bool yes = match(parse(expected), parse(actual), unstated, captures, why);
  EXPECT_EQ(yes, why.empty() || yes);  // a mismatch is explained
  return yes;
}

bool matches(const std::string& expected, const std::string& actual) {
  Captures captures;
  return matches(expected, actual, captures);
}

TEST(Match, OrderOfAttributesAndPrefixesDoNotMatter) {
  EXPECT_TRUE(matches("<iq id='1' type='result'><q xmlns='n' a='1' b='2'/></iq>",
                      "<iq type=\"result\" id='1'><x:q b='2' xmlns:x='n' a='1'></x:q></iq>"));
}

TEST(Match, NamespacesMatter) {
  EXPECT_FALSE(matches("<iq><q xmlns='n'/></iq>", "<iq><q xmlns='m'/></iq>"));
  EXPECT_FALSE(matches("<iq><q xmlns='n'/></iq>", "<iq><q/></iq>"));
}

TEST(Match, WhatIsNotStatedMustNotBeThere) {
  EXPECT_FALSE(matches("<iq id='1'/>", "<iq id='1' type='result'/>"));
  EXPECT_FALSE(matches("<iq/>", "<iq><q xmlns='n'/></iq>"));
  EXPECT_FALSE(matches("<message><body>a</body></message>", "<message><body>ab</body></message>"));
  EXPECT_FALSE(matches("<message/>", "<message>text</message>"));
}

TEST(Match, WhatIsStatedMustBeThere) {
  EXPECT_FALSE(matches("<iq id='1' type='result'/>", "<iq id='1'/>"));
  EXPECT_FALSE(matches("<iq><q xmlns='n'/></iq>", "<iq/>"));
  EXPECT_FALSE(matches("<iq><a xmlns='n'/><a xmlns='n'/></iq>", "<iq><a xmlns='n'/></iq>"));
}

TEST(Match, OwnAddressesNeedNotBeStated) {
  EXPECT_TRUE(matches("<iq id='1'/>", "<iq id='1' to='me@here/now' from='me@here'/>"));
  EXPECT_FALSE(matches("<iq id='1'/>", "<iq id='1' to='you@here'/>"));
  EXPECT_FALSE(matches("<iq id='1'/>", "<iq id='1' from='you@here'/>"));
}

TEST(Match, PlaceholdersStandForWhatCame) {
  Captures captures;
  EXPECT_TRUE(
      matches("<iq id='x-{capture:id}-y' to='{any}'/>", "<iq id='x-12-y' to='q'/>", captures));
  EXPECT_EQ(captures["id"], "12");
  EXPECT_TRUE(matches("<iq id='{id}'/>", "<iq id='12'/>", captures));
  EXPECT_FALSE(matches("<iq id='{id}'/>", "<iq id='13'/>", captures));
  EXPECT_FALSE(matches("<iq id='{any}'/>", "<iq/>", captures));
  EXPECT_TRUE(matches("<iq id='{optional}'/>", "<iq/>", captures));
}

TEST(Match, MoreMayFollowOnlyWhereItIsSaid) {
  EXPECT_TRUE(
      matches("<iq><q xmlns='n'>{...}<a/></q></iq>", "<iq><q xmlns='n'><b/><a/>text</q></iq>"));
  EXPECT_FALSE(matches("<iq><q xmlns='n'>{...}<a/></q></iq>", "<iq><q xmlns='n'><b/></q></iq>"));
}

TEST(Script, StepsContinueOnIndentedLines) {
  Script script;
  std::string error;
  ASSERT_TRUE(
      parse_script("# a title\n# more\nneeds registration\n\nromeo/phone connects\n"
                   "romeo/phone sends <a>\n   </a>\nromeo and juliet are friends\n",
                   script, error))
      << error;
  EXPECT_EQ(script.title, "a title");
  EXPECT_EQ(script.needs, std::vector<std::string>{"registration"});
  ASSERT_EQ(script.steps.size(), 3u);
  EXPECT_EQ(script.steps[0].client, "romeo/phone");
  EXPECT_EQ(script.steps[1].text, "<a>\n</a>");
  EXPECT_EQ(script.steps[2].verb, Verb::befriend);
  EXPECT_EQ(script.steps[2].other, "juliet");
  EXPECT_EQ(script.steps[2].line, 8);
}

TEST(Script, MistakesNameTheirLine) {
  Script script;
  std::string error;
  EXPECT_FALSE(parse_script("# t\nromeo sings\n", script, error));
  EXPECT_NE(error.find("line 2"), std::string::npos);
  EXPECT_FALSE(parse_script("# t\nromeo sends\n", script, error));
  EXPECT_FALSE(parse_script("romeo connects\n", script, error));
  EXPECT_FALSE(parse_script("# t\nromeo receives nothing at all\n", script, error));
}

// Two blanks once made "receives  nothing" a list of no elements, which always came.
TEST(Script, BlanksBetweenWordsDoNotCount) {
  Script script;
  std::string error;
  ASSERT_TRUE(parse_script("# t\nromeo receives  nothing\nromeo  receives   in any  order <a/>\n",
                           script, error))
      << error;
  ASSERT_EQ(script.steps.size(), 2u);
  EXPECT_EQ(script.steps[0].verb, Verb::receives_nothing);
  EXPECT_EQ(script.steps[1].verb, Verb::receives_any_order);
  EXPECT_EQ(script.steps[1].text, "<a/>");
}

TEST(Tree, ServersMistakeInXmlIsSeen) {
  StreamParser parser;
  EXPECT_TRUE(
      parser.feed("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'><message><body>"));
  EXPECT_TRUE(parser.header_seen());
  EXPECT_TRUE(parser.elements.empty());
  EXPECT_TRUE(parser.feed("a</body></message>"));
  EXPECT_EQ(parser.elements.size(), 1u);
  EXPECT_FALSE(parser.feed("<unbound:message/>"));
  EXPECT_NE(parser.error().find("unbound"), std::string::npos);
}

TEST(Tree, StanzaInManyChunksIsSeenAtItsLastByte) {
  StreamParser parser;
  ASSERT_TRUE(
      parser.feed("<stream:stream xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>"));
  const std::string stanza = "<presence from='juliet@example.org/balcony' type='unavailable'/>";
  for (size_t i = 0; i < stanza.size(); ++i) {
    EXPECT_TRUE(parser.elements.empty());
    ASSERT_TRUE(parser.feed(base::Bytes(stanza).substr(i, 1)));
  }
  EXPECT_EQ(parser.elements.size(), 1u);
}

}  // namespace
}  // namespace scenario
