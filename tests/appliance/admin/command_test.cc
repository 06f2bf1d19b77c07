#include "appliance/admin/command.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/appliance/admin/fake_control.h"

namespace appliance {
namespace {

class Commands : public testing::Test {
 protected:
  // The answer's result as JSON, or its code after "!".
  std::string ask(const std::string& line) {
    std::unique_ptr<trace::Watch> watch;
    const std::string answer = answer_request(line, control, watch, held);
    EXPECT_TRUE(answer.ends_with("\n"));
    EXPECT_EQ(answer.find('\n'), answer.size() - 1) << "one line: " << answer;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_EQ(parser.parse(answer).get(root), simdjson::SUCCESS) << answer;
    bool ok = false;
    EXPECT_EQ(root["ok"].get(ok), simdjson::SUCCESS);
    if (ok) return simdjson::minify(root["result"]);
    std::string_view code;
    std::string_view error;
    EXPECT_EQ(root["code"].get(code), simdjson::SUCCESS);
    EXPECT_EQ(root["error"].get(error), simdjson::SUCCESS);
    EXPECT_FALSE(error.empty());
    return "!" + std::string(code);
  }
  std::string user(const char* command, const char* jid, const char* password = nullptr) {
    std::string line;
    JsonWriter out(line);
    out.begin_object().member("command", command).member("jid", jid);
    if (password != nullptr) out.member("password", password);
    out.end_object();
    return ask(line);
  }
  FakeControl control;
  std::shared_ptr<void> held;
};

TEST_F(Commands, EveryCommandHasHelpAndAnswersInJson) {
  for (const Command& command : all_commands()) {
    const bool internal = std::string(command.name) == "journal hold";
    EXPECT_EQ(std::string(command.help).size() > 5, !internal) << command.name;
    ask("{\"command\":\"" + std::string(command.name) + "\"}");
  }
}

TEST_F(Commands, TheJournalIsHeldForTheConnectionAndItsPositionsAreTold) {
  const auto before = control.hold.use_count();
  EXPECT_EQ(ask("{\"command\":\"journal hold\"}"),
            "{\"version\":\"" ROLLCALL_VERSION
            "\",\"data\":\"/data\",\"config\":\"\",\"epoch\":7,\"lost\":0,"
            "\"committed\":[4096,8192]}");
  EXPECT_EQ(control.hold.use_count(), before + 1);
  held.reset();
  EXPECT_EQ(control.hold.use_count(), before);
  control.broken = true;
  EXPECT_EQ(ask("{\"command\":\"journal hold\"}"), "!failed");
  EXPECT_EQ(held, nullptr);
}

TEST_F(Commands, WhatIsNoRequestIsRefused) {
  for (const char* line :
       {"", "x", "[]", "\"status\"", "{}", "{\"command\":1}", "{\"command\":\"nothing\"}",
        "{\"command\":\"status\",\"command\":\"stop\"}", "{\"command\":\"status\",\"x\":{}}",
        "{\"command\":\"status\",\"extra\":\"x\"}", "{\"command\":\"user add\"}",
        "{\"command\":\"user add\",\"jid\":\"a\"}", "{\"command\":\"status\"} trailing",
        "{\"command\":\"session kick\",\"jid\":\"\"}"}) {
    EXPECT_EQ(ask(line), "!usage") << line;
  }
  EXPECT_FALSE(control.stopped);
}

TEST_F(Commands, RequestsAreBounded) {
  EXPECT_EQ(ask("{\"command\":\"" + std::string(kRequestBytesMax, 'x') + "\"}"), "!usage");
  std::string many = "{\"command\":\"status\"";
  for (int i = 0; i < 17; ++i) many += ",\"m" + std::to_string(i) + "\":\"\"";
  EXPECT_EQ(ask(many + "}"), "!usage");
}

TEST_F(Commands, AnAccountsLife) {
  EXPECT_EQ(user("user add", "alice", "secret"), R"({"jid":"alice@example.org"})");
  EXPECT_EQ(control.last_password, "secret");
  EXPECT_EQ(user("user add", "alice@example.org", "x"), "!exists");
  EXPECT_EQ(user("user add", "ALICE@Example.COM", "x"), R"({"jid":"alice@example.com"})");
  EXPECT_EQ(ask(R"({"command":"user list"})"),
            R"({"users":["alice@example.com","alice@example.org"]})");
  EXPECT_EQ(user("user passwd", "alice", "other"), R"({"jid":"alice@example.org"})");
  EXPECT_EQ(user("user passwd", "bob", "other"), "!not-found");
  control.rows.push_back({.jid = "alice@example.org/phone"});
  EXPECT_EQ(user("user delete", "alice"), R"({"jid":"alice@example.org","sessions_ended":1})");
  EXPECT_EQ(user("user delete", "alice"), "!not-found");
}

TEST_F(Commands, PresenceOfAUser) {
  EXPECT_EQ(ask(R"({"command":"presence show","jid":"alice"})"), "!not-found");
  control.accounts.insert("alice@example.org");
  control.sight.state = "busy";
  control.sight.claim = "on-the-phone";
  control.sight.sources.push_back({.kind = "line", .name = "desk", .decides = true});
  control.sight.watchers.push_back({.jid = "bob@example.org", .by = "roster"});
  const std::string answer = ask(R"({"command":"presence show","jid":"alice"})");
  EXPECT_EQ(control.asked_about, "alice@example.org");
  for (const char* part :
       {R"("state":"busy","because":"on-the-phone")", R"("kind":"line","name":"desk")",
        R"("decides":true)", R"("watchers":[{"jid":"bob@example.org","by":"roster")"}) {
    EXPECT_NE(answer.find(part), std::string::npos) << answer;
  }
  EXPECT_EQ(ask(R"({"command":"presence show","jid":"alice@elsewhere.example"})"), "!usage");
}

TEST_F(Commands, SipPeers) {
  EXPECT_EQ(ask(R"({"command":"sip peers"})"), R"({"peers":[]})");
  control.peers.push_back({.peer = "phones.example", .transport = "tcp", .state = "ready"});
  EXPECT_EQ(ask(R"({"command":"sip peers"})"),
            R"({"peers":[{"peer":"phones.example","transport":"tcp","address":"","state":"ready",)"
            R"("connections":0,"waiting":0,"publishes":false,"watches":false,"proxied":false}]})");
}

TEST_F(Commands, AddressesAndPasswordsThatCannotBeAreRefused) {
  for (const char* jid : {"a b", "alice@example.org/phone", "alice@elsewhere.example",
                          "@example.org", "alice@", "al\"ice", "alice@example.org@example.org"}) {
    EXPECT_EQ(user("user add", jid, "x"), "!usage") << jid;
  }
  EXPECT_EQ(user("user add", "alice", std::string(1024, 'x').c_str()), "!usage");
  EXPECT_EQ(user("user add", "alice", "a\x01z"), "!usage");
  EXPECT_TRUE(control.accounts.empty());
}

TEST_F(Commands, AStoreThatDoesNotAnswerIsAFailureNotASuccess) {
  control.broken = true;
  EXPECT_EQ(user("user add", "alice", "x"), "!failed");
}

TEST_F(Commands, SessionsAreListedAndEnded) {
  control.rows = {{.jid = "alice@example.org/a", .priority = -1, .shard = 1},
                  {.jid = "bob@example.org/b"}};
  EXPECT_NE(ask(R"({"command":"session list"})").find("bob@example.org/b"), std::string::npos);
  const std::string alice = ask(R"({"command":"session list","jid":"alice"})");
  EXPECT_NE(alice.find("alice@example.org/a"), std::string::npos);
  EXPECT_EQ(alice.find("bob"), std::string::npos);
  EXPECT_EQ(user("session kick", "alice/none"), "!not-found");
  EXPECT_EQ(control.ended, "alice@example.org/none");
  EXPECT_EQ(user("session kick", "alice/a"), R"({"jid":"alice@example.org/a","sessions_ended":1})");
}

TEST_F(Commands, TraceLevelsAreSetAndShown) {
  EXPECT_EQ(ask(R"({"command":"set trace","component":"router","level":"debug"})"),
            R"({"component":"router","level":"debug"})");
  EXPECT_EQ(trace::level(trace::Component::router), trace::Level::debug);
  EXPECT_NE(ask(R"({"command":"show trace"})").find(R"("component":"router","level":"debug")"),
            std::string::npos);
  EXPECT_EQ(ask(R"({"command":"set trace","component":"all","level":"error"})"),
            R"({"component":"all","level":"error"})");
  EXPECT_EQ(trace::level(trace::Component::router), trace::Level::error);
  EXPECT_EQ(ask(R"({"command":"set trace","component":"x","level":"error"})"), "!usage");
  EXPECT_EQ(ask(R"({"command":"set trace","component":"router","level":"loud"})"), "!usage");
}

TEST_F(Commands, AReloadThatFoundMistakesIsAFailure) {
  control.report.problems = {"file:1:1: wrong"};
  EXPECT_EQ(ask(R"({"command":"reload"})"), "!failed");
  control.report = {.pinned = {"data: because"}};
  EXPECT_EQ(ask(R"({"command":"reload"})"),
            R"({"reloaded":true,"needs_restart":["data: because"]})");
}

TEST_F(Commands, StopStops) {
  EXPECT_EQ(ask(R"({"command":"stop"})"), R"({"stopping":true})");
  EXPECT_TRUE(control.stopped);
}

}  // namespace
}  // namespace appliance
