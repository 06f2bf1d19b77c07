#include "appliance/admin/http.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace appliance {
namespace {

// From an exact-fit heap block, so that reading past the end shows under a sanitizer.
struct Block {
  explicit Block(const std::string& text) : octets(new char[text.size()]), size(text.size()) {
    text.copy(octets.get(), size);
  }
  base::Bytes view() const { return {octets.get(), size}; }
  std::unique_ptr<char[]> octets;
  size_t size;
};

uint16_t status_of(const std::string& text) {
  const Block block(text);
  const HttpRequest request = parse_http(block.view());
  return request.state == HttpState::need_more  ? 0
         : request.state == HttpState::complete ? 200
                                                : request.status;
}

const std::string kGood = "GET /metrics HTTP/1.1\r\nHost: localhost:9280\r\nAccept: */*\r\n\r\n";

TEST(Http, AGetIsUnderstood) {
  const Block block(kGood);
  const HttpRequest request = parse_http(block.view());
  ASSERT_EQ(request.state, HttpState::complete);
  EXPECT_EQ(request.target, "/metrics");
  EXPECT_EQ(request.host, "localhost");
  EXPECT_FALSE(request.foreign_origin);
}

TEST(Http, EveryProperPrefixNeedsMore) {
  for (size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_EQ(status_of(kGood.substr(0, length)), 0) << length;
  }
}

TEST(Http, NothingButGetIsAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT", "get"}) {
    EXPECT_EQ(status_of(std::string(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n"), 405) << method;
  }
}

TEST(Http, WhatSmugglesIsRefused) {
  for (const char* fields : {
           "Content-Length: 5\r\n",
           "Content-Length: 0, 5\r\n",
           "Transfer-Encoding: chunked\r\n",
           "transfer-encoding: identity\r\n",
           "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding : chunked\r\n",
           "X: a\r\n folded\r\n",
           "X: a\nTransfer-Encoding: chunked\r\n",
           "X: a\rb\r\n",
           "no colon\r\n",
           ": empty name\r\n",
           "Na me: x\r\n",
           "Host: other\r\n",
           "Upgrade: websocket\r\n",
       }) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n"), 400)
        << fields;
  }
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(status_of(kGood + "GET / HTTP/1.1\r\n\r\n"), 400) << "pipelined";
  EXPECT_EQ(status_of(std::string("GET / HTTP/1.1\r\nHost: x\r\nX: a") + '\0' + "b\r\n\r\n"), 400);
}

TEST(Http, MalformedRequestLinesAreRefused) {
  for (const char* line : {"", " ", "GET", "GET /", "GET  / HTTP/1.1", "GET / / HTTP/1.1",
                           "GET http://x/ HTTP/1.1", "G(T / HTTP/1.1", "\tGET / HTTP/1.1"}) {
    EXPECT_EQ(status_of(std::string(line) + "\r\nHost: x\r\n\r\n"), 400) << line;
  }
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.10"}) {
    EXPECT_EQ(status_of("GET / " + std::string(version) + "\r\nHost: x\r\n\r\n"), 505) << version;
  }
}

TEST(Http, LimitsAreKeptAtTheirEdges) {
  std::string fields = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 1; i < 64; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(fields + "\r\n"), 200);
  EXPECT_EQ(status_of(fields + "A: b\r\n\r\n"), 431);

  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string fits = start + std::string(8192 - start.size() - 4, 'a') + "\r\n\r\n";
  EXPECT_EQ(status_of(fits), 200);
  EXPECT_EQ(status_of(start + std::string(8192 - start.size() - 3, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(status_of(std::string(8192, 'a')), 431) << "a head that never ends";
  EXPECT_EQ(status_of(std::string(8191, 'a')), 0);
}

TEST(Http, ABrowsersPageIsToldApart) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\r\n";
  EXPECT_TRUE(parse_http(text).foreign_origin);
}

TEST(Http, HostsThatANameServerCanInventAreNotLocal) {
  for (const char* host : {"localhost", "127.0.0.1", "::1", "192.0.2.1"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(Http, HostLosesItsPortButNotItsAddress) {
  EXPECT_EQ(parse_http("GET / HTTP/1.1\r\nHost: [::1]:9280\r\n\r\n").host, "::1");
  EXPECT_EQ(parse_http("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").host, "127.0.0.1");
  EXPECT_EQ(parse_http("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n").host, "");
}

}  // namespace
}  // namespace appliance
