// Streams: headers, every stream error a client can earn, STARTTLS, silence and the end.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "protocols/xmpp/negotiation/header_tag.h"
#include "protocols/xmpp/stream_error.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

constexpr base::Bytes kStreams = "xmlns:stream='http://etherx.jabber.org/streams'";

// What a fresh connection answers to these bytes.
std::string answer(const std::string& bytes, uint16_t listener = 1) {
  FakeNode node;
  const auto client = node.connect(listener);
  node.send(client, bytes);
  const std::string text = node.take(client);
  if (has(text, "<stream:error>")) {
    EXPECT_TRUE(text.ends_with("</stream:error></stream:stream>")) << text;
    EXPECT_EQ(count(text, "<stream:stream "), 1u) << text;
    EXPECT_TRUE(node.closed(client));
    EXPECT_EQ(node.service().stream_count(), 0u);
  }
  return text;
}

std::string condition(const std::string& text) {
  const size_t at = text.find("<stream:error><");
  if (at == std::string::npos) return "none in " + text;
  const std::string rest = text.substr(at + 15);
  return rest.substr(0, rest.find(' '));
}

std::string open_with(base::Bytes attributes) {
  return "<stream:stream xmlns='jabber:client' " + std::string(kStreams) + " " +
         std::string(attributes) + ">";
}

struct ErrorCase {
  std::string bytes;
  base::Bytes condition;
};

TEST(Stream, HeadersThatAreNotAsTheyMustBeAreRefused) {
  const std::string good = "version='1.0' to='localhost'";
  const ErrorCase cases[] = {
      {open_with("to='localhost'"), "unsupported-version"},
      {open_with("to='localhost' version='0.9'"), "unsupported-version"},
      {open_with("to='localhost' version='2.0'"), "unsupported-version"},
      {open_with("to='localhost' version='1'"), "unsupported-version"},
      {open_with("to='localhost' version='one.zero'"), "unsupported-version"},
      {open_with("version='1.0'"), "improper-addressing"},
      {open_with("version='1.0' to=''"), "improper-addressing"},
      {open_with("version='1.0' to='a b'"), "improper-addressing"},
      {open_with("version='1.0' to='elsewhere.example'"), "host-unknown"},
      {"<stream:stream xmlns='jabber:client' xmlns:stream='urn:other' " + good + ">",
       "invalid-namespace"},
      {"<stream:stream xmlns='jabber:server' " + std::string(kStreams) + " " + good + ">",
       "invalid-namespace"},
      {"<stream:stream " + std::string(kStreams) + " " + good + ">", "invalid-namespace"},
      {"<stream xmlns='http://etherx.jabber.org/streams' " + good + ">", "bad-namespace-prefix"},
      {"<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams' " + good + ">",
       "bad-namespace-prefix"},
      {"<stream:features xmlns='jabber:client' " + std::string(kStreams) + " " + good + ">",
       "bad-format"},
      {"<stream:stream xmlns='jabber:client' " + good + ">", "bad-namespace-prefix"},
      {"<?xml version='1.0' encoding='iso-8859-1'?>" + open_with(good), "unsupported-encoding"},
      {"<!DOCTYPE foo>" + open_with(good), "restricted-xml"},
      {"GET / HTTP/1.0\r\n\r\n", "not-well-formed"},
      {"<a><b></a>", "invalid-namespace"},
  };
  for (const ErrorCase& c : cases) EXPECT_EQ(condition(answer(c.bytes)), c.condition) << c.bytes;
}

TEST(Stream, WhatComesAfterAGoodHeaderIsHeldToTheRulesToo) {
  const ErrorCase cases[] = {
      {"<a><b></a>", "not-well-formed"},
      {"<!-- comment -->", "restricted-xml"},
      {"<?pi?>", "restricted-xml"},
      {"<iq><x>&undefined;</x></iq>", "restricted-xml"},
      {"<iq><p:x/></iq>", "bad-namespace-prefix"},
      {"text", "not-well-formed"},
      {"<iq>\xff</iq>", "unsupported-encoding"},
      {"<message/>", "not-authorized"},
      {"<presence/>", "not-authorized"},
      {"<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>", "not-authorized"},
      {"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
       "not-authorized"},
      {"<message xmlns='jabber:server'/>", "invalid-namespace"},
      {"<unknown/>", "unsupported-stanza-type"},
      {"<stream:features/>", "unsupported-stanza-type"},
      {"<stream:stream to='localhost'/>", "unsupported-stanza-type"},
      // TRUST X1: there is no stream compression to be bombed with.
      {"<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
       "unsupported-stanza-type"},
  };
  for (const ErrorCase& c : cases) {
    EXPECT_EQ(condition(answer(header() + c.bytes)), c.condition) << c.bytes;
  }
}

// TRUST X2.
TEST(Stream, ANestOfElementsBeforeLoginIsRefusedAtTheDepthLimit) {
  const uint64_t before = trace::total(trace::Counter::xmpp_limit_depth);
  std::string nest;
  for (int i = 0; i < 3000; ++i) nest += "<a>";
  EXPECT_EQ(condition(answer(header() + nest)), "policy-violation");
  EXPECT_EQ(trace::total(trace::Counter::xmpp_limit_depth), before + 1);
}

TEST(Stream, EveryLimitBeforeLoginIsAPolicyViolationWithACounter) {
  const auto total = [](trace::Counter counter) { return trace::total(counter); };
  using trace::Counter;
  uint64_t before = total(Counter::xmpp_limit_stanza_bytes);
  EXPECT_EQ(condition(answer(header() + "<iq>" + std::string(20000, 'x'))), "policy-violation");
  EXPECT_EQ(total(Counter::xmpp_limit_stanza_bytes), before + 1);
  before = total(Counter::xmpp_limit_names);
  EXPECT_EQ(condition(answer(header() + "<" + std::string(300, 'n') + "/>")),
            "policy-violation");
  EXPECT_EQ(total(Counter::xmpp_limit_names), before + 1);
  before = total(Counter::xmpp_limit_attributes);
  std::string many = "<iq";
  for (int i = 0; i < 100; ++i) many += " a" + std::to_string(i) + "=''";
  EXPECT_EQ(condition(answer(header() + many + "/>")), "policy-violation");
  EXPECT_EQ(total(Counter::xmpp_limit_attributes), before + 1);
}

TEST(Stream, TheHeaderIsAnsweredWithALanguageAndTheClientsName) {
  const std::string text =
      answer(open_with("version='1.0' to='LOCALHOST' from='Alice@localhost/x' xml:lang='de'"));
  EXPECT_TRUE(has(text, " from='localhost' to='alice@localhost' version='1.0' xml:lang='en'>"));
}

TEST(Stream, IdsAreUniqueAndLong) {
  FakeNode node;
  std::string ids[2];
  for (auto& id : ids) {
    const auto client = node.connect();
    node.send(client, header());
    id = attribute(node.take(client), "id");
    EXPECT_EQ(id.size(), 32u);
  }
  EXPECT_NE(ids[0], ids[1]);
}

TEST(Stream, VersionsOfOneDotSomethingAreOurs) {
  EXPECT_TRUE(xmpp::is_version_1("1.0"));
  EXPECT_TRUE(xmpp::is_version_1("1.12"));
  EXPECT_TRUE(xmpp::is_version_1("01.0"));
  for (const base::Bytes text : {"", "1", "1.", ".0", "0.9", "10.0", "-1.0", "1.0.0", "1.x"}) {
    EXPECT_FALSE(xmpp::is_version_1(text)) << text;
  }
}

TEST(Stream, TheDefaultNamespaceIsFoundAmongOtherAttributes) {
  EXPECT_EQ(xmpp::default_namespace("<a xmlns='x'>"), "x");
  EXPECT_EQ(xmpp::default_namespace("<a b=' xmlns=' xmlns = \"x\" >"), "x");
  EXPECT_EQ(xmpp::default_namespace("<a xmlns:b='y'\n\txmlns='x'/>"), "x");
  EXPECT_EQ(xmpp::default_namespace("<a xmlns:b='y'>"), "");
  EXPECT_EQ(xmpp::default_namespace("<a>"), "");
}

TEST(Stream, EveryConditionHasItsName) {
  for (int i = 0; i <= static_cast<int>(xmpp::StreamError::unsupported_version); ++i) {
    std::string xml;
    xmpp::write(static_cast<xmpp::StreamError>(i), "a<b", "", xml);
    EXPECT_TRUE(xml.starts_with("<stream:error><"));
    EXPECT_TRUE(has(xml, " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    EXPECT_TRUE(has(xml, "a&lt;b</text></stream:error>"));
  }
}

TEST(StartTls, NothingSaidInTheClearSurvives) {
  FakeNode node;
  const auto client = node.connect(0);
  node.send(client, header());
  node.take(client);
  // One segment: what follows <starttls/> would, without care, be read as if it were encrypted.
  const uint64_t before = trace::total(trace::Counter::xmpp_plaintext_dropped);
  node.send(client, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + header() +
                        plain("alice", "wonderland"));
  EXPECT_EQ(node.take(client), "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_TRUE(node.securing(client));
  EXPECT_GT(trace::total(trace::Counter::xmpp_plaintext_dropped), before);
  node.secure(client);
  EXPECT_EQ(node.take(client), "");
  EXPECT_EQ(node.asked, 0u);
  node.send(client, header());
  EXPECT_TRUE(has(node.take(client), "SCRAM-SHA-256-PLUS"));
}

TEST(StartTls, IsRefusedTwiceAndWhereItIsOff) {
  FakeNode node;
  const auto secured = node.connect(2);
  node.secure(secured);
  node.send(secured, header() + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_TRUE(node.take(secured).ends_with(
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"));
  const auto clear = node.connect(3);
  node.send(clear, header() + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_TRUE(has(node.take(clear), "<failure"));
  EXPECT_TRUE(node.closed(clear));
}

TEST(StartTls, TheDomainMayBeChosenAnewUnderTls) {
  FakeNode node;
  const auto client = node.connect(0);
  node.send(client, header() + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  node.secure(client);
  node.take(client);
  node.send(client, header("example.org"));
  EXPECT_EQ(attribute(node.take(client), "from"), "example.org");
}

TEST(StartTls, ATlsHandshakeThatFailsLeavesNothing) {
  FakeNode node;
  const auto client = node.connect(0);
  node.send(client, header() + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  node.drop(client, engine::CloseReason::tls_handshake);
  EXPECT_EQ(node.service().stream_count(), 0u);
}

// TRUST X14: who has proved to be somebody here is nobody there.
TEST(Stream, AnAuthenticatedStreamCannotGoToAnotherDomain) {
  FakeNode node;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland"));
  node.take(client);
  node.send(client, header("example.org"));
  EXPECT_EQ(condition(node.take(client)), "not-authorized");
  EXPECT_TRUE(node.closed(client));
}

TEST(Stream, AnAuthenticatedStreamCannotClaimAnotherSender) {
  FakeNode node;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland"));
  node.take(client);
  node.send(client, open_with("version='1.0' to='localhost' from='bob@localhost'"));
  EXPECT_EQ(condition(node.take(client)), "invalid-from");
}

TEST(Stream, TheSecondHeaderMayLeaveTheDomainOut) {
  FakeNode node;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland"));
  node.take(client);
  node.send(client, open_with("version='1.0'"));
  EXPECT_TRUE(has(node.take(client), "<bind"));
}

TEST(Stream, ClosingIsAnsweredAndNothingAfterItIsRead) {
  FakeNode node;
  const auto client = node.connect();
  node.send(client, header());
  node.take(client);
  node.send(client, "</stream:stream>" + plain("alice", "wonderland"));
  EXPECT_EQ(node.take(client), "</stream:stream>");
  EXPECT_TRUE(node.closed(client));
  EXPECT_EQ(node.asked, 0u);
}

TEST(Stream, AClientsStreamErrorIsCountedAndAnsweredWithTheEnd) {
  FakeNode node;
  const uint64_t before = trace::total(trace::Counter::xmpp_stream_errors_received);
  const auto client = node.connect();
  node.send(client, header() + "<stream:error><reset "
                               "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  EXPECT_TRUE(node.take(client).ends_with("</stream:stream>"));
  EXPECT_EQ(trace::total(trace::Counter::xmpp_stream_errors_received), before + 1);
}

TEST(Stream, ASilentClientIsPingedAndThenGivenUp) {
  FakeNode node;
  const auto client = node.connect();
  enter(node, client);
  node.advance(base::Duration::seconds(598));
  EXPECT_EQ(node.take(client), "");
  node.send(client, " ");   // white space is a sign of life
  node.advance(base::Duration::seconds(10));
  EXPECT_EQ(node.take(client), "");
  node.advance(base::Duration::seconds(600));
  const std::string ping = node.take(client);
  EXPECT_TRUE(has(ping, "<ping xmlns='urn:xmpp:ping'/>")) << ping;
  EXPECT_TRUE(has(ping, "type='get'"));
  node.advance(base::Duration::seconds(30));
  node.send(client, "<iq type='result' id='" + attribute(ping, "id") + "'/>");
  EXPECT_EQ(node.take(client), "");
  node.advance(base::Duration::seconds(600));
  EXPECT_TRUE(has(node.take(client), "<ping"));
  node.advance(base::Duration::seconds(61));
  EXPECT_EQ(condition(node.take(client)), "connection-timeout");
  EXPECT_TRUE(node.closed(client));
  node.advance(base::Duration::seconds(1));
  EXPECT_EQ(node.service().session_count(), 0u);
}

TEST(Stream, ACongestedClientIsNotReadFrom) {
  FakeNode node;
  const auto client = node.connect();
  enter(node, client);
  node.congest(client, true);
  EXPECT_TRUE(node.paused(client));
  node.congest(client, false);
  EXPECT_FALSE(node.paused(client));
}

TEST(Stream, ShutdownSaysGoodbyeToEverybody) {
  FakeNode node;
  const auto bound = node.connect();
  const auto fresh = node.connect();
  enter(node, bound);
  node.take(bound);
  node.shut_down();
  EXPECT_EQ(condition(node.take(bound)), "system-shutdown");
  EXPECT_EQ(condition(node.take(fresh)), "system-shutdown");
  EXPECT_EQ(node.service().session_count(), 0u);
  EXPECT_EQ(node.service().stream_count(), 0u);
  const auto late = node.connect();
  EXPECT_TRUE(node.closed(late));
}

TEST(Stream, AKickedSessionIsToldAndGone) {
  FakeNode node;
  const auto client = node.connect();
  enter(node, client, "alice", "wonderland", "desk");
  node.kick("alice@localhost/desk");
  EXPECT_EQ(condition(node.take(client)), "policy-violation");
  node.advance(base::Duration::seconds(1));
  EXPECT_EQ(node.service().session_count(), 0u);
}

TEST(Stream, AListenerTakenAwayByAReloadIsStrict) {
  FakeNode node;
  const auto client = node.connect(1);
  xmpp::Options options = default_options();
  options.listeners.clear();
  node.set_options(options);
  node.send(client, header());
  EXPECT_FALSE(has(node.take(client), "mechanism"));
}

}  // namespace
}  // namespace xmpp_test
