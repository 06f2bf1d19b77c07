#include "protocols/gateway/pager.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string wire(base::Bytes more, base::Bytes body, base::Bytes from = "<sip:carol@sip.example>",
                 base::Bytes uri = "sip:bob@xmpp.example") {
  std::string text = "MESSAGE ";
  text.append(uri)
      .append(" SIP/2.0\r\nVia: SIP/2.0/TCP pc;branch=z9hG4bKa'b\r\nFrom: ")
      .append(from);
  text.append(";tag=1\r\nTo: <sip:bob@xmpp.example>\r\nCall-ID: call-1\r\nCSeq: 1 MESSAGE\r\n");
  text.append(more).append("Content-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

struct Read {
  explicit Read(std::string wire_text) : text(std::move(wire_text)) {
    sip::Fault fault = sip::Fault::none;
    EXPECT_TRUE(message.index_datagram(text) && sip::read_essentials(message, essentials, fault));
    status = read_page(message, essentials, page);
  }
  std::string text;
  sip::Message message;
  sip::Essentials essentials;
  PageIn page;
  uint16_t status;
};

constexpr base::Bytes kPlain = "Content-Type: text/plain\r\n";

// RFC 7572 §5.
TEST(Pager, AMessageOfSipAsAStanza) {
  const Read read(
      wire("Content-Type: text/plain;charset=UTF-8\r\nSubject: Hi\r\n there\r\n"
           "Content-Language: cs, de\r\n",
           "<a> & b\r\nc", "<sip:carol@sip.example;gr=qux>"));
  ASSERT_EQ(read.status, 0);
  const im::Stanza stanza = read.page.stanza();
  EXPECT_EQ(stanza.from.full(), "carol@sip.example/qux");
  EXPECT_EQ(stanza.id, "z9hG4bKa'b");
  EXPECT_EQ(stanza.lang, "cs");
  EXPECT_EQ(stanza.type, im::StanzaType::normal);
  EXPECT_TRUE(stanza.facts.body);
  EXPECT_EQ(stanza.payload,
            "<subject>Hi there</subject><body>&lt;a&gt; &amp; b\nc</body><thread>call-1</thread>");
}

// Text is looked at in blocks: what is in it counts wherever it stands.
TEST(Pager, EachCharacterCountsWhereverItStands) {
  for (size_t at = 0; at < 70; ++at) {
    const auto with = [&](base::Bytes what) {
      return std::string(at, 'a').append(what).append(70 - at, 'z');
    };
    for (const base::Bytes kept : {"\x7f", "\t\n", "\u00fc", "\U0001f600"}) {
      const Read read(wire(kPlain, with(kept)));
      ASSERT_EQ(read.status, 0) << at;
      EXPECT_EQ(read.page.payload, "<body>" + with(kept) + "</body><thread>call-1</thread>");
    }
    EXPECT_EQ(Read(wire(kPlain, with("\r\n"))).page.payload,
              "<body>" + with("\n") + "</body><thread>call-1</thread>");
    for (const base::Bytes refused : {"\x01", "\x1f", "\x80", "\xff", "\xc3", "\xef\xbf\xbf"}) {
      EXPECT_EQ(Read(wire(kPlain, with(refused))).status, 400) << at;
    }
  }
}

TEST(Pager, WhatNoStanzaCanHoldIsRefused) {
  EXPECT_EQ(Read(wire(kPlain, base::Bytes("a\0b", 3))).status, 400);
  EXPECT_EQ(Read(wire(kPlain, "\xff")).status, 400);
  EXPECT_EQ(Read(wire(kPlain, "")).status, 400);
  EXPECT_EQ(Read(wire("", "text")).status, 415);
  EXPECT_EQ(Read(wire("Content-Type: text/html\r\n", "text")).status, 415);
  EXPECT_EQ(Read(wire("Content-Type: text/plain;charset=latin-1\r\n", "text")).status, 415);
  EXPECT_EQ(Read(wire("Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", "t")).status, 415);
  EXPECT_EQ(Read(wire(kPlain, "text", "<tel:+1>")).status, 403);
}

im::Stanza message(base::Bytes payload) {
  im::Stanza stanza;
  stanza.type = im::StanzaType::chat;
  stanza.from = jid::JidView::trusted("alice@xmpp.example/laptop");
  stanza.to = jid::JidView::trusted("f\xc3\xbc@sip.example");
  stanza.payload = payload;
  return stanza;
}

// RFC 7572 §4.
TEST(Pager, AStanzaAsAMessageOfSip) {
  xml::Document document;
  PageOut page;
  im::Stanza stanza = message(
      "<subject>two\nlines</subject><body>a &lt; b</body><thread>t-1</thread>"
      "<active xmlns='http://jabber.org/protocol/chatstates'/>");
  stanza.lang = "de";
  ASSERT_TRUE(write_page(stanza, "id1", document, page));
  EXPECT_EQ(page.uri, "sip:f%C3%BC@sip.example");
  EXPECT_EQ(page.to, "<sip:f%C3%BC@sip.example>");
  EXPECT_EQ(page.from, "<sip:alice@xmpp.example;gr=laptop>;tag=id1");
  EXPECT_EQ(page.call_id, "t-1");
  EXPECT_EQ(page.rest,
            "Subject: two lines\r\nContent-Language: de\r\n"
            "Content-Type: text/plain;charset=utf-8\r\nContent-Length: 5\r\n\r\na < b");
}

TEST(Pager, AThreadThatIsNoCallIdIsNotTakenForOne) {
  xml::Document document;
  PageOut page;
  ASSERT_TRUE(write_page(message("<body>x</body><thread>a b\nc</thread>"), "id1", document, page));
  EXPECT_EQ(page.call_id, "id1");
}

TEST(Pager, NothingToReadIsNothingToSend) {
  xml::Document document;
  PageOut page;
  EXPECT_FALSE(write_page(message("<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
                          "id1", document, page));
  EXPECT_FALSE(write_page(message("<body/>"), "id1", document, page));
  EXPECT_FALSE(write_page(message("<x xmlns='other'><body>no</body></x>"), "id", document, page));
}

TEST(Pager, TheConditionOfAnError) {
  xml::Document document;
  const im::Stanza error = message(
      "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
  EXPECT_EQ(read_condition(error, document), im::ErrorCondition::item_not_found);
  EXPECT_EQ(read_condition(message("<body>x</body>"), document),
            im::ErrorCondition::undefined_condition);
}

}  // namespace
}  // namespace gateway
