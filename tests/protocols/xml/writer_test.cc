#include "protocols/xml/writer.h"

#include <gtest/gtest.h>

#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

TEST(Writer, TextIsEscaped) {
  std::string out = "x";
  escape_text("a<b>c&d'e\"f", out);
  EXPECT_EQ(out, "xa&lt;b&gt;c&amp;d'e\"f");
}

TEST(Writer, TextIsEscapedWhereverItStands) {
  for (size_t at = 0; at < 70; ++at) {
    const std::string before(at, 'a');
    const std::string behind(70 - at, 'z');
    std::string out;
    escape_text(before + "<\r" + behind, out);
    EXPECT_EQ(out, before + "&lt;&#13;" + behind);
    out.clear();
    escape_attribute(before + "\"" + behind, out);
    EXPECT_EQ(out, before + "&quot;" + behind);
  }
}

TEST(Writer, AttributesAreEscaped) {
  std::string out;
  write_attribute("to", "a'b\"<&>", out);
  EXPECT_EQ(out, " to='a&apos;b&quot;&lt;&amp;&gt;'");
  out.clear();
  write_attribute("to", "", out);
  EXPECT_EQ(out, " to=''");
}

TEST(Writer, TextElement) {
  std::string out;
  write_text_element("body", "1 < 2", out);
  EXPECT_EQ(out, "<body>1 &lt; 2</body>");
}

TEST(Writer, WhatIsWrittenIsReadBack) {
  for (const base::Bytes text : {"", "plain", "]]>", "<![CDATA[x]]>", "a\tb\nc\rd\r\ne", "&amp;",
                                 "'\"<>&", "\u00fc \U0001f600"}) {
    std::string out = "<a";
    write_attribute("b", text, out);
    out += ">";
    escape_text(text, out);
    out += "</a>";
    Document document;
    ASSERT_EQ(document.parse(out, Limits()), Verdict::ok) << out;
    EXPECT_EQ(document.root().attribute("b"), text);
    EXPECT_EQ(document.root().text(), text);
  }
}

}  // namespace
}  // namespace xml
