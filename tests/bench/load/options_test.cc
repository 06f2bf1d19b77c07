#include "bench/load/options.h"

#include <gtest/gtest.h>

namespace load {
namespace {

base::Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "bench_load");
  return parse_options(static_cast<int>(words.size()), words.data());
}

std::string trouble(const std::vector<const char*>& words) {
  const auto options = parse(words);
  return options ? "" : options.error().what;
}

TEST(Options, PhasesKeepTheirOrderAndTheirDefaults) {
  const auto options = parse({"login", "messages:active=10,window=16", "--users", "20", "login"});
  ASSERT_TRUE(options);
  ASSERT_EQ(3u, options->phases.size());
  EXPECT_EQ(PhaseKind::login, options->phases[0].kind);
  const Phase& messages = options->phases[1];
  EXPECT_EQ(PhaseKind::messages, messages.kind);
  EXPECT_EQ(10u, messages.count("active"));
  EXPECT_EQ(16u, messages.count("window"));
  EXPECT_EQ(300u, messages.count("bytes"));
  EXPECT_FALSE(messages.to_full_jid);
  EXPECT_EQ(20u, options->users);
}

TEST(Options, EveryOptionArrives) {
  const auto options = parse({"--address",     "127.0.0.9",
                              "--port",        "5223",
                              "--pid",         "7",
                              "--domain",      "d",
                              "--first",       "42",
                              "--tls",         "starttls",
                              "--tls-version", "1.2",
                              "--sasl",        "scram-sha-1",
                              "--contacts",    "20",
                              "--workers",     "3",
                              "--cpus",        "1,3-4",
                              "--tickets",     "--stream-management",
                              "--batch",       "8",
                              "--label",       "x",
                              "--json",        "j",
                              "--html",        "h",
                              "--restart",     "true",
                              "--give-up",     "9",
                              "--password",    "p",
                              "--pid-file",    "f",
                              "reconnect",     "messages:to=full"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ("127.0.0.9", options->address);
  EXPECT_EQ(5223, options->port);
  EXPECT_EQ(7, options->pid);
  EXPECT_EQ("d", options->domain);
  EXPECT_EQ(42u, options->first);
  EXPECT_EQ(Tls::starttls, options->tls);
  EXPECT_EQ(0x0303, options->tls_version);
  EXPECT_EQ(Sasl::scram_sha_1, options->sasl);
  EXPECT_EQ(20u, options->contacts);
  EXPECT_EQ(3u, options->workers);
  EXPECT_EQ((std::vector<int>{1, 3, 4}), options->cpus);
  EXPECT_TRUE(options->tickets);
  EXPECT_TRUE(options->stream_management);
  EXPECT_EQ(8u, options->batch);
  EXPECT_EQ(9u, options->give_up_seconds);
  EXPECT_EQ("f", options->pid_file);
  EXPECT_TRUE(options->phases[1].to_full_jid);
}

TEST(Options, PhasesOfSipHaveATransport) {
  const auto options = parse({"--sip-port", "5060", "--sip-peer-port", "5090", "sip_message",
                              "sip_options:over=tcp,window=8"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(5060, options->sip_port);
  EXPECT_EQ(5090, options->sip_peer_port);
  EXPECT_FALSE(options->phases[0].over_tcp);
  EXPECT_TRUE(options->phases[1].is_sip());
  EXPECT_TRUE(options->phases[1].over_tcp);
  EXPECT_EQ(8u, options->phases[1].count("window"));
  EXPECT_EQ("sip_options needs --sip-port", trouble({"sip_options"}));
  EXPECT_EQ("over is udp or tcp", trouble({"--sip-port", "5060", "sip_options:over=tls"}));
}

TEST(Options, WorkersFollowTheNumberOfUsers) {
  EXPECT_EQ(1u, parse({"--users", "15000", "login"})->workers);
  EXPECT_EQ(2u, parse({"--users", "15001", "login"})->workers);
  EXPECT_EQ(3u, parse({"--users", "40000", "login"})->workers);
}

TEST(Options, MistakesAreNamed) {
  EXPECT_EQ("no phase is named", trouble({}));
  EXPECT_EQ("there is no phase 'logon'", trouble({"logon"}));
  EXPECT_EQ("there is no option --user", trouble({"--user", "5", "login"}));
  EXPECT_EQ("--users wants a value", trouble({"login", "--users"}));
  EXPECT_EQ("--users cannot be '5x'", trouble({"--users", "5x", "login"}));
  EXPECT_EQ("--users cannot be '0'", trouble({"--users", "0", "login"}));
  EXPECT_EQ("--port cannot be '65536'", trouble({"--port", "65536", "login"}));
  EXPECT_EQ("--tls cannot be 'yes'", trouble({"--tls", "yes", "login"}));
  EXPECT_EQ("--ease cannot be '5'", trouble({"--ease", "5", "login"}));
  EXPECT_EQ("--cpus cannot be '3-1'", trouble({"--cpus", "3-1", "login"}));
  EXPECT_EQ("--workers cannot be '65'", trouble({"--workers", "65", "login"}));
}

TEST(Options, PhaseParametersAreChecked) {
  EXPECT_EQ("messages has no parameter 'windows'", trouble({"messages:windows=3"}));
  EXPECT_EQ("'window': want NAME=VALUE", trouble({"messages:window"}));
  EXPECT_EQ("'3x' is not a number", trouble({"messages:window=3x"}));
  EXPECT_EQ("'' is not a number", trouble({"messages:window="}));
  EXPECT_EQ("window is too small", trouble({"messages:window=0"}));
  EXPECT_EQ("rate is too small", trouble({"messages:rate=-1"}));
  EXPECT_EQ("window must be 1 to 64", trouble({"messages:window=65"}));
  EXPECT_EQ("bytes must be 150 to 4096", trouble({"messages:bytes=10"}));
  EXPECT_EQ("to is bare or full", trouble({"messages:to=both"}));
  EXPECT_EQ("memory has no parameter 'seconds'", trouble({"memory:seconds=1"}));
}

TEST(Options, WhatCannotGoTogetherIsRefused) {
  EXPECT_EQ("--raw is neither encrypted nor managed",
            trouble({"--raw", "--tls", "direct", "login"}));
  EXPECT_EQ("the phase reconnect needs --restart", trouble({"reconnect"}));
  EXPECT_EQ("presence needs --contacts", trouble({"presence"}));
  EXPECT_EQ("roster cannot be had with --raw", trouble({"--raw", "roster"}));
  EXPECT_EQ("--first must begin a clique of --contacts + 1 accounts",
            trouble({"--contacts", "20", "--first", "20", "login"}));
}

}  // namespace
}  // namespace load
