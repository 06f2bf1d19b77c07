#include <gtest/gtest.h>

#include <string>

#include "protocols/xml/document.h"

namespace xml {
namespace {

std::string taken_out(base::Bytes xml) {
  Document document;
  EXPECT_EQ(document.parse(xml, Limits{}), Verdict::ok);
  std::string out;
  document.root().first_child().first_child().standalone(out);
  return out;
}

TEST(Standalone, ElementThatDeclaresEverythingIsByteForByteTheSame) {
  EXPECT_EQ(taken_out("<iq><q xmlns='a'><e xmlns='b' ><f/>&lt;</e></q></iq>"),
            "<e xmlns='b' ><f/>&lt;</e>");
}

TEST(Standalone, DefaultNamespaceFromOutsideIsDeclared) {
  EXPECT_EQ(taken_out("<iq><q xmlns='a&amp;b'><e x='1'/></q></iq>"), "<e xmlns='a&amp;b' x='1'/>");
}

TEST(Standalone, PrefixesFromOutsideAreDeclaredOnce) {
  EXPECT_EQ(taken_out("<iq xmlns:p='P' xmlns:r='R' xmlns:unused='U'>"
                      "<q><p:e><p:f r:a='1'/></p:e></q></iq>"),
            "<p:e xmlns:p='P' xmlns:r='R'><p:f r:a='1'/></p:e>");
}

TEST(Standalone, PrefixDeclaredDeeperForOneBranchIsStillMissingInTheOther) {
  EXPECT_EQ(taken_out("<iq xmlns:p='P'><q><e><p:f xmlns:p='Q'/><p:g/></e></q></iq>"),
            "<e xmlns:p='P'><p:f xmlns:p='Q'/><p:g/></e>");
}

TEST(Standalone, UnprefixedChildOfPrefixedElementKeepsItsNamespace) {
  EXPECT_EQ(taken_out("<iq xmlns:p='P'><q xmlns='d'><p:e><f/></p:e></q></iq>"),
            "<p:e xmlns:p='P' xmlns='d'><f/></p:e>");
}

TEST(Standalone, DeclarationsOfEarlierSiblingsAndOfTheStreamAreToldApart) {
  EXPECT_EQ(taken_out("<iq xmlns:p='P'><q xmlns=''><e><a xmlns:z='Z'/><p:f xmlns:q='Q'><q:g/>"
                      "</p:f></e></q></iq>"),
            "<e xmlns:p='P'><a xmlns:z='Z'/><p:f xmlns:q='Q'><q:g/></p:f></e>");
}

TEST(Standalone, PrefixXmlNeedsNoDeclaration) {
  EXPECT_EQ(taken_out("<iq><q><e xml:lang='en'/></q></iq>"), "<e xml:lang='en'/>");
}

}  // namespace
}  // namespace xml
