// Each limit of the XML a client may send, before and after it has authenticated: what just fits is
// taken, one more ends the stream with <policy-violation/> and moves its own counter and no other.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

using trace::Counter;

constexpr Counter kCounters[] = {Counter::xmpp_limit_depth, Counter::xmpp_limit_attributes,
                                 Counter::xmpp_limit_names, Counter::xmpp_limit_stanza_bytes};

std::string repeated(base::Bytes text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out.append(text);
  return out;
}

std::string in_message(const std::string& content) { return "<message>" + content + "</message>"; }

std::string deep(size_t depth) {
  return in_message(repeated("<x>", depth - 1) + repeated("</x>", depth - 1));
}

std::string with_attributes(size_t count) {
  std::string element = "<x";
  for (size_t i = 0; i < count; ++i) element += " a" + std::to_string(i) + "=''";
  return in_message(element + "/>");
}

std::string with_name(size_t bytes) { return in_message("<" + std::string(bytes, 'n') + "/>"); }

std::string of_size(size_t bytes) {
  return in_message("<x>" + std::string(bytes - in_message("<x></x>").size(), 'x') + "</x>");
}

struct Case {
  const char* name;
  Counter counter;
  std::string (*make)(size_t);
  uint32_t before;  // the limits of limited_options()
  uint32_t after;
};

constexpr Case kCases[] = {
    {"depth", Counter::xmpp_limit_depth, deep, 10, 20},
    {"attributes", Counter::xmpp_limit_attributes, with_attributes, 9, 19},
    {"name", Counter::xmpp_limit_names, with_name, 40, 80},
    {"stanza", Counter::xmpp_limit_stanza_bytes, of_size, 1000, 2000},
};

xmpp::Options limited_options() {
  xmpp::Options options = default_options();
  options.before_authentication = {
      .depth = 10, .attributes = 9, .name_bytes = 40, .stanza_bytes = 1000};
  options.after_authentication = {
      .depth = 20, .attributes = 19, .name_bytes = 80, .stanza_bytes = 2000};
  return options;
}

// What the server says to `stanza`, cut into pieces of `piece` bytes; and which counters moved.
std::string said(bool authenticated, const std::string& stanza, size_t piece,
                 uint64_t (&moved)[4]) {
  FakeNode node(1, limited_options());
  const auto client = node.connect();
  if (authenticated) {
    enter(node, client);
  } else {
    node.send(client, header());
    node.take(client);
  }
  for (size_t i = 0; i < 4; ++i) moved[i] = trace::total(kCounters[i]);
  for (size_t at = 0; at < stanza.size(); at += piece) {
    node.send(client, base::Bytes(stanza).substr(at, piece));
  }
  for (size_t i = 0; i < 4; ++i) moved[i] = trace::total(kCounters[i]) - moved[i];
  const std::string answer = node.take(client);
  EXPECT_EQ(node.closed(client), has(answer, "</stream:stream>")) << answer;
  return answer;
}

class XmlLimits : public testing::TestWithParam<bool> {};

TEST_P(XmlLimits, WhatJustFitsIsTaken) {
  for (const Case& c : kCases) {
    const std::string stanza = c.make(GetParam() ? c.after : c.before);
    for (const size_t piece : {stanza.size(), size_t{1}}) {
      uint64_t moved[4];
      const std::string answer = said(GetParam(), stanza, piece, moved);
      for (const uint64_t count : moved) EXPECT_EQ(count, 0u) << c.name;
      // A stranger's message is read, and refused for being a stranger's (RFC 6120 §4.9.3.12).
      EXPECT_EQ(has(answer, "<stream:error>"), !GetParam()) << c.name << answer;
      EXPECT_EQ(has(answer, "<not-authorized "), !GetParam()) << c.name << answer;
    }
  }
}

TEST_P(XmlLimits, OneMoreEndsTheStreamAndIsCounted) {
  for (const Case& c : kCases) {
    const std::string stanza = c.make((GetParam() ? c.after : c.before) + 1);
    for (const size_t piece : {stanza.size(), size_t{1}}) {
      uint64_t moved[4];
      const std::string answer = said(GetParam(), stanza, piece, moved);
      EXPECT_TRUE(has(answer, "<stream:error><policy-violation ")) << c.name << answer;
      for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(moved[i], kCounters[i] == c.counter ? 1u : 0u) << c.name << i;
      }
    }
  }
}

// What a stranger may not say, a user may.
TEST(XmlLimitsAtLogin, TheWiderLimitsHoldFromAuthenticationOn) {
  FakeNode node(1, limited_options());
  const auto client = node.connect();
  log_in(node, client);
  node.send(client, bind_request("r" + std::string(500, ' ') + std::string(500, 'r')));
  EXPECT_FALSE(has(node.take(client), "policy-violation"));
  EXPECT_FALSE(node.closed(client));
}

INSTANTIATE_TEST_SUITE_P(Phase, XmlLimits, testing::Bool(), [](const auto& info) {
  return info.param ? std::string("Authenticated") : std::string("Stranger");
});

}  // namespace
}  // namespace xmpp_test
