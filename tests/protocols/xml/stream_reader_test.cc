#include "protocols/xml/stream_reader.h"

#include <gtest/gtest.h>

#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

const std::string kConversation =
    "<?xml version='1.0' encoding=\"utf-8\"?>\n" + kHeader +
    " \n<message to='a@b' id='1'><body>it's &lt;5 &gt; \"3\" \u00fc\U0001f600 <![CDATA[ <x> ]] > "
    "]]></body></message>\n<presence/>\t<iq type='get' id='x' ><query xmlns='jabber:iq:roster'>"
    "<item a=\">\" b='/'/></query></iq ><stream:features></stream:features></stream:stream >";

TEST(StreamReader, StanzaCutAtEveryByteGivesTheSameEvents) {
  const std::string wanted = hear(kConversation);
  ASSERT_TRUE(wanted.starts_with("header <message")) << wanted;
  ASSERT_TRUE(wanted.ends_with("</stream:features> end")) << wanted;
  for (size_t cut = 0; cut <= kConversation.size(); ++cut) {
    const base::Bytes all(kConversation);
    EXPECT_EQ(hear({all.substr(0, cut), all.substr(cut)}), wanted) << "cut at " << cut;
  }
}

TEST(StreamReader, PiecesOfEverySizeGiveTheSameEvents) {
  const std::string wanted = hear(kConversation);
  for (size_t size = 1; size < 200; ++size) {
    std::vector<base::Bytes> pieces;
    for (size_t at = 0; at < kConversation.size(); at += size) {
      pieces.push_back(base::Bytes(kConversation).substr(at, size));
    }
    EXPECT_EQ(hear(pieces), wanted) << "pieces of " << size;
  }
}

TEST(StreamReader, TwoCutsInOneStanzaGiveTheSameEvents) {
  const std::string stream =
      kHeader + "<a b='&#65;'><![CDATA[]]]]><c d=\"'\"/>\u00e9 ]] &gt;</a><d/>";
  const std::string wanted = hear(stream);
  ASSERT_TRUE(wanted.ends_with("<d/> idle")) << wanted;
  const base::Bytes all(stream);
  for (size_t first = kHeader.size(); first < all.size(); ++first) {
    for (size_t second = first; second < all.size(); ++second) {
      EXPECT_EQ(hear({all.substr(0, first), all.substr(first, second - first), all.substr(second)}),
                wanted);
    }
  }
}

TEST(StreamReader, HeaderShowsItsAttributes) {
  Listener listener;
  ASSERT_TRUE(listener.feed("<?xml version='1.0'?>"));
  EXPECT_EQ(listener.heard, "");
  const std::string header = kHeader;
  base::Bytes in = header;
  ASSERT_EQ(listener.reader.next(in, listener.document, Limits()), StreamEvent::header);
  const Element element = listener.reader.element();
  EXPECT_TRUE(element.is("stream", "http://etherx.jabber.org/streams"));
  EXPECT_EQ(element.attribute("to"), "localhost");
  EXPECT_EQ(element.attribute("version"), "1.0");
  EXPECT_FALSE(element.first_child());
  EXPECT_EQ(element.text(), "");
  EXPECT_EQ(element.inner(), "");
}

TEST(StreamReader, StanzasInheritTheHeadersNamespaces) {
  Listener listener;
  ASSERT_TRUE(listener.feed("<s:stream xmlns='jabber:client' xmlns:s='urn:s' xmlns:p='urn:p'>"));
  base::Bytes in = "<a><p:b/><s:c xmlns:s='urn:other'/></a>";
  ASSERT_EQ(listener.reader.next(in, listener.document, Limits()), StreamEvent::stanza);
  const Element a = listener.reader.element();
  EXPECT_EQ(a.ns(), "jabber:client");
  EXPECT_EQ(a.first_child().ns(), "urn:p");
  EXPECT_EQ(a.first_child().next_sibling().ns(), "urn:other");
  EXPECT_EQ(hear("<s:stream xmlns='u' xmlns:s='v'><a/></s:stream>"), "header <a/> end");
}

TEST(StreamReader, EndTagMustBeTheHeaders) {
  EXPECT_EQ(hear(kHeader + "</stream:stream>"), "header end");
  EXPECT_EQ(hear(kHeader + "</stream>"), "header error:not_well_formed");
  EXPECT_EQ(hear(kHeader + "</stream:stream x>"), "header error:not_well_formed");
  EXPECT_EQ(hear(kHeader + "</stream:stream"), "header more");
  EXPECT_EQ(hear("<s:stream xmlns:s='u'/>"), "header end");
}

TEST(StreamReader, WhiteSpaceBetweenStanzasIsKeepAlive) {
  EXPECT_EQ(hear(kHeader + " \r\n\t"), "header idle");
  EXPECT_EQ(hear({" ", kHeader, " ", "", "\n", "<a/>", " "}), "header <a/> idle");
  EXPECT_EQ(hear(kHeader + "\x0b"), "header error:not_well_formed");
  EXPECT_EQ(hear(kHeader + "\xc2\xa0"), "header error:not_well_formed");
}

TEST(StreamReader, XmlDeclarationStandsFirstAndSaysUtf8) {
  for (const base::Bytes good :
       {"<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='UTF-8' ?>\r\n",
        "<?xml version = '1.0' standalone='yes'?>",
        "<?xml\nversion='1.0' encoding='utf-8' standalone='no'?>"}) {
    EXPECT_EQ(hear(std::string(good) + kHeader), "header idle") << good;
    EXPECT_EQ(hear_byte_by_byte(std::string(good) + kHeader), "header idle") << good;
  }
  for (const base::Bytes bad :
       {"<?xml?>", "<?xml encoding='utf-8'?>", "<?xml version='1.0'encoding='utf-8'?>",
        "<?xml version='1.0' encoding=''?>", "<?xml version='1.0' x='y'?>",
        "<?xml version='1.0' standalone='maybe'?>", "<?xml version='1:0'?>", "<?xml version=1.0?>",
        "<?xml version='1.0' encoding='-8'?>", "\xef\xbb\xbf", "x", "<a/"}) {
    const std::string heard = hear(std::string(bad) + kHeader);
    EXPECT_TRUE(heard == "error:not_well_formed" || heard == "error:restricted") << bad << heard;
    EXPECT_EQ(hear_byte_by_byte(std::string(bad) + kHeader), heard) << bad;
  }
  EXPECT_EQ(hear(" <?xml version='1.0'?>" + kHeader), "error:not_well_formed");
  EXPECT_EQ(hear(kHeader + "<?xml version='1.0'?>"), "header error:restricted");
}

TEST(StreamReader, OtherEncodingsAreRefusedAsSuch) {
  for (const base::Bytes encoding : {"ISO-8859-1", "US-ASCII", "UTF-16", "utf8"}) {
    const std::string declaration =
        "<?xml version='1.0' encoding='" + std::string(encoding) + "'?>";
    EXPECT_EQ(hear(declaration + kHeader), "error:bad_encoding") << encoding;
    EXPECT_EQ(hear_byte_by_byte(declaration + kHeader), "error:bad_encoding") << encoding;
  }
  EXPECT_EQ(hear(base::Bytes("\xff\xfe<\0s\0", 6)), "error:bad_encoding");
  EXPECT_EQ(hear(base::Bytes("\0<\0s", 4)), "error:bad_encoding");
}

TEST(StreamReader, NothingButAHeaderMayComeFirst) {
  EXPECT_EQ(hear("<!DOCTYPE a>" + kHeader), "error:restricted");
  EXPECT_EQ(hear("<!-- x -->" + kHeader), "error:restricted");
  EXPECT_EQ(hear("<?pi x?>" + kHeader), "error:restricted");
  EXPECT_EQ(hear("</stream:stream>"), "error:not_well_formed");
  EXPECT_EQ(hear("<p:stream xmlns='u'>"), "error:bad_namespace_prefix");
}

TEST(StreamReader, NothingIsReadAfterAnErrorUntilRestart) {
  Listener listener;
  EXPECT_FALSE(listener.feed(kHeader + "<a></b>"));
  base::Bytes in = "<c/>";
  EXPECT_EQ(listener.reader.next(in, listener.document, Limits()), StreamEvent::error);
  EXPECT_EQ(in, "<c/>");
  listener.reader.restart();
  listener.heard.clear();
  EXPECT_TRUE(listener.feed(kHeader + "<c/>"));
  EXPECT_EQ(listener.heard, "header <c/> ");
}

TEST(StreamReader, RestartDropsCarriedBytesAndDeclarations) {
  Listener listener;
  ASSERT_TRUE(listener.feed("<s:s xmlns:s='u' xmlns:p='v'><a><b"));
  EXPECT_GT(listener.reader.carried_bytes(), 0u);
  listener.reader.restart();
  EXPECT_EQ(listener.reader.carried_bytes(), 0u);
  EXPECT_FALSE(listener.feed("<s:s xmlns:s='u'><p:a/>"));
  EXPECT_EQ(listener.heard, "header header error:bad_namespace_prefix");
}

// Regression: go-sendxmpp ends its <auth/> with a line end and declares XML again after it.
TEST(StreamReader, WhiteSpaceBeforeTheDeclarationIsForARestartedStreamOnly) {
  Listener listener;
  EXPECT_FALSE(listener.feed("\n<?xml version='1.0'?>" + kHeader));
  listener.reader.restart();
  listener.heard.clear();
  EXPECT_TRUE(listener.feed("\n<?xml version='1.0'?>" + kHeader + "<c/>"));
  EXPECT_EQ(listener.heard, "header <c/> ");
}

TEST(StreamReader, MovesWithItsUnfinishedStanza) {
  Listener here;
  ASSERT_TRUE(here.feed(kHeader + "<message><bo"));
  Listener there;
  there.reader = std::move(here.reader);
  EXPECT_TRUE(there.feed("dy/></message>"));
  EXPECT_EQ(there.heard, "<message><body/></message> ");
}

TEST(StreamReader, CompleteStanzasAreNotCopied) {
  Listener listener;
  ASSERT_TRUE(listener.feed(kHeader));
  const std::string stanzas = "<a>1</a><b>2</b>";
  base::Bytes in = stanzas;
  ASSERT_EQ(listener.reader.next(in, listener.document, Limits()), StreamEvent::stanza);
  EXPECT_EQ(listener.reader.element().outer().data(), stanzas.data());
  EXPECT_EQ(in, "<b>2</b>");
  ASSERT_EQ(listener.reader.next(in, listener.document, Limits()), StreamEvent::stanza);
  EXPECT_EQ(listener.reader.element().outer().data(), stanzas.data() + 8);
}

TEST(StreamReader, NothingIsCarriedOnceAStanzaIsComplete) {
  Listener listener;
  ASSERT_TRUE(listener.feed(kHeader + "<a>"));
  EXPECT_EQ(listener.reader.carried_bytes(), 3u);
  ASSERT_TRUE(listener.feed("</a>"));
  EXPECT_EQ(listener.reader.carried_bytes(), 0u);
}

TEST(StreamReader, WrongEndTagIsRefusedAtItsLastByteHoweverItIsCut) {
  for (const base::Bytes bad : {"<a><b>x</a>", "<a><b x='</'></bb >", "<a><bb></b>", "<a></ a>",
                                "<a><b/><c></c ></b>", "<a><b></>", "<a><p:b></b>"}) {
    const std::string stream = kHeader + std::string(bad);
    const std::string heard = hear(stream);
    EXPECT_TRUE(heard.starts_with("header error:")) << bad << heard;
    EXPECT_EQ(hear_byte_by_byte(stream), heard) << bad;
    const base::Bytes unfinished = base::Bytes(stream).substr(0, stream.size() - 1);
    if (hear(unfinished) == "header more") {
      EXPECT_EQ(hear_byte_by_byte(unfinished), "header more") << bad;
    }
    for (size_t cut = kHeader.size(); cut < stream.size(); ++cut) {
      EXPECT_EQ(hear({base::Bytes(stream).substr(0, cut), base::Bytes(stream).substr(cut)}), heard)
          << bad << " cut at " << cut;
    }
  }
}

// Were carried bytes read again for every new one, this would take hours.
TEST(StreamReader, AGiantThatComesByteByByteIsReadOnce) {
  std::string stanza = "<a>";
  while (stanza.size() < 250000) stanza += "<b c='d'>x</b>";
  stanza += "</a>";
  const std::string heard = hear_byte_by_byte(kHeader + stanza);
  EXPECT_EQ(heard.size(), std::string("header  idle").size() + stanza.size());
}

}  // namespace
}  // namespace xml
