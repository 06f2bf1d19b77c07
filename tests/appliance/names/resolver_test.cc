#include "appliance/names/resolver.h"

#include <condition_variable>

#include "tests/appliance/names/dns_server.h"

namespace names {
namespace {

using engine::NameQuestion;
using Outcome = NameQuestion::Outcome;
using names_test::DnsServer;

class ResolverTest : public testing::Test {
 protected:
  void SetUp() override { start({.servers = {server.address()}, .timeout_ms = 200, .tries = 2}); }
  void start(const ResolverOptions& options) {
    auto started = Resolver::start(options, [this](engine::QuestionPtr answer) {
      const std::lock_guard<std::mutex> lock(mutex);
      answers.emplace_back(static_cast<NameQuestion*>(answer.release()));
      changed.notify_all();
    });
    ASSERT_TRUE(started) << started.error().what;
    resolver = std::move(*started);
  }

  std::unique_ptr<NameQuestion> ask(const std::string& host, uint16_t port,
                                    const std::vector<std::string>& services = {}) {
    auto question = std::make_unique<NameQuestion>();
    question->host = host;
    question->port = port;
    question->services = services;
    resolver->ask(std::move(question));
    std::unique_lock<std::mutex> lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(20), [&] { return !answers.empty(); })) {
      ADD_FAILURE() << "no answer about " << host;
      return std::make_unique<NameQuestion>();
    }
    auto answer = std::move(answers.back());
    answers.pop_back();
    return answer;
  }
  static std::string text(const NameQuestion& answer) {
    std::string out;
    for (const NameQuestion::Target& one : answer.targets) {
      out += std::to_string(one.server) + ":" + std::to_string(one.priority) + "/" +
             std::to_string(one.weight) + "=";
      base::append_address_and_port(one.address, out);
      out += " ";
    }
    return out;
  }

  DnsServer server;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::unique_ptr<NameQuestion>> answers;
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, AHostHasItsAddressesOfBothFamiliesAndTheShortestLife) {
  server.host("gate.example", "192.0.2.1", 60);
  server.host("gate.example", "2001:db8::1", 30);
  const auto answer = ask("gate.example", 5070);
  EXPECT_EQ(answer->outcome, Outcome::found);
  EXPECT_EQ(answer->targets.size(), 2u);
  EXPECT_NE(text(*answer).find("0:0/0=192.0.2.1:5070 "), std::string::npos) << text(*answer);
  EXPECT_NE(text(*answer).find("0:0/0=[2001:db8::1]:5070 "), std::string::npos) << text(*answer);
  EXPECT_EQ(answer->ttl, base::Duration::seconds(30));
}

TEST_F(ResolverTest, TheFirstServiceThatHasRecordsDecides) {
  server.srv("_sips._tcp.example.org", 20, 5, 5071, "b.example.org", 100);
  server.srv("_sips._tcp.example.org", 10, 0, 5072, "a.example.org", 90);
  server.srv("_other._tcp.example.org", 1, 1, 1, "c.example.org");
  server.host("a.example.org", "192.0.2.1");
  server.host("b.example.org", "192.0.2.2");
  const auto answer = ask("example.org", 5060, {"_none._tcp", "_sips._tcp", "_other._tcp"});
  EXPECT_EQ(text(*answer), "0:20/5=192.0.2.2:5071 1:10/0=192.0.2.1:5072 ");
  EXPECT_EQ(answer->ttl, base::Duration::seconds(90));
}

TEST_F(ResolverTest, WithoutRecordsItIsTheHostItself) {
  server.host("example.org", "192.0.2.9");
  const auto answer = ask("example.org", 5061, {"_sips._tcp", "_sipfederationtls._tcp"});
  EXPECT_EQ(text(*answer), "0:0/0=192.0.2.9:5061 ");
}

TEST_F(ResolverTest, AServiceThatIsNotThereIsNowhere) {
  server.srv("_sip._tcp.example.org", 0, 0, 0, "");
  server.host("example.org", "192.0.2.9");
  EXPECT_EQ(ask("example.org", 5060, {"_sip._tcp"})->outcome, Outcome::nowhere);
  EXPECT_EQ(ask("nothing.example", 5060, {"_sip._tcp"})->outcome, Outcome::nowhere);
}

TEST_F(ResolverTest, AServerWithoutAddressIsLeftOut) {
  server.srv("_sip._tcp.example.org", 1, 0, 5060, "gone.example.org");
  server.srv("_sip._tcp.example.org", 2, 0, 5060, "here.example.org");
  server.host("here.example.org", "192.0.2.9");
  EXPECT_EQ(text(*ask("example.org", 5060, {"_sip._tcp"})), "1:2/0=192.0.2.9:5060 ");
}

TEST_F(ResolverTest, SilenceIsNoAnswerAndEndsInTime) {
  server.silent = true;
  EXPECT_EQ(ask("example.org", 5060, {"_sip._tcp"})->outcome, Outcome::unknown);
  EXPECT_EQ(ask("example.org", 5060)->outcome, Outcome::unknown);
  server.silent = false;
  EXPECT_EQ(ask("example.org", 5060)->outcome, Outcome::nowhere);
}

TEST_F(ResolverTest, WhatIsUnderWayAtTheEndIsAnswered) {
  server.silent = true;
  for (int i = 0; i < 3; ++i) {
    auto question = std::make_unique<NameQuestion>();
    question->host = "example.org";
    resolver->ask(std::move(question));
  }
  resolver.reset();
  EXPECT_EQ(answers.size(), 3u);
  for (const auto& answer : answers) EXPECT_EQ(answer->outcome, Outcome::unknown);
}

TEST_F(ResolverTest, ServersThatAreNoneAreNamed) {
  const auto started = Resolver::start({.servers = {"here"}}, [](engine::QuestionPtr) {});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().what.find("\"here\""), std::string::npos);
}

}  // namespace
}  // namespace names
