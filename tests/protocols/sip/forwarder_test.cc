#include "protocols/sip/forwarder.h"

#include "engine/trace/counters.h"
#include "tests/protocols/sip/cluster.h"

namespace sip {
namespace {

Cluster::Text modify(const std::string& tag) {
  Cluster::Text how;
  how.fields = "Event: presence\r\nSIP-If-Match: " + tag + "\r\n";
  how.body.clear();
  return how;
}

Cluster::Text subscribe() {
  Cluster::Text how;
  how.method = "SUBSCRIBE";
  how.fields = "Event: presence\r\nExpires: 600\r\n";
  how.body.clear();
  how.call_id = "one-call";
  return how;
}

// SIP.md section 7, row 16.
TEST(Forwarder, APublicationGoesToTheHostNodeAndItsTagIsGoodAtEitherNode) {
  Cluster cluster;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  ASSERT_EQ(cluster.sent.size(), 1u);
  EXPECT_EQ(cluster.sent[0].from, 0) << "whoever asked is answered by whom he has asked";
  EXPECT_EQ(cluster.sent[0].to, base::parse_address("192.0.2.2", 5060));
  EXPECT_EQ(cluster.last("Via"), "SIP/2.0/UDP pc;branch=z9hG4bK1;received=192.0.2.2;rport=5060");
  EXPECT_EQ(cluster.sent[0].bytes.find("192.0.2.10"), std::string::npos) << "our Via is off again";
  EXPECT_EQ(cluster.claim(1, "bob@xmpp.example"), im::Claim::on_the_phone);
  EXPECT_EQ(cluster.claim(0, "bob@xmpp.example"), im::Claim::offline);
  for (engine::NodeId id : {0, 1, 1, 0, 0}) {
    const std::string tag = cluster.last("SIP-ETag");
    ASSERT_TRUE(tag.ends_with("0001")) << tag;
    cluster.all();
    cluster.tell(id, cluster.write(modify(tag)), Cluster::kProxied);
    EXPECT_EQ(Cluster::what(cluster.sent.back().bytes), "200") << id;
  }
}

TEST(Forwarder, WhatIsPassedOnHasOurViaAndOneHopLessAndSaysWhoseItIs) {
  Cluster cluster;
  Cluster::Text how;
  how.vias = "Via: SIP/2.0/TCP a;branch=z9hG4bKx, SIP/2.0/TCP b;branch=z9hG4bKy\r\n";
  how.fields += "X-More: kept\r\nRollcall-Origin: udp 192.0.2.9 5060 9\r\n";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  ASSERT_EQ(cluster.between.size(), 2u);
  const std::string& passed = cluster.between[0];
  EXPECT_TRUE(
      passed.starts_with("PUBLISH sip:bob@xmpp.example SIP/2.0\r\n"
                         "Via: SIP/2.0/TCP 192.0.2.10;rport;branch=z9hG4bK"))
      << passed;
  EXPECT_NE(passed.find("\r\nVia: SIP/2.0/UDP pc;branch=z9hG4bK1;received=192.0.2.2;rport=5060\r\n"
                        "Via: SIP/2.0/TCP a;branch=z9hG4bKx, SIP/2.0/TCP b;branch=z9hG4bKy\r\n"),
            std::string::npos)
      << passed;
  EXPECT_EQ(Cluster::field(passed, "Max-Forwards"), "69");
  EXPECT_EQ(Cluster::field(passed, "X-More"), "kept");
  EXPECT_EQ(Cluster::field(passed, "Rollcall-Origin"), "udp 192.0.2.2 5060 0");
  EXPECT_EQ(passed.find("192.0.2.9"), std::string::npos);
  EXPECT_NE(cluster.last("Via").find("received=192.0.2.2"), std::string::npos);
  EXPECT_NE(cluster.sent[0].bytes.find("Via: SIP/2.0/TCP a;branch=z9hG4bKx, SIP/2.0/TCP b"),
            std::string::npos);
}

TEST(Forwarder, WhoMayNotAskOfTheHostNodeMayNotAskThroughAnother) {
  Cluster cluster([](Options& options) { options.peers[1].publishes = false; });
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "403 ");
  Cluster::Text how = subscribe();
  how.from = "mallory@sip.example";  // the other peer's
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "403 ");
}

// A call manager's connection: many users' lines, one after the other.
TEST(Forwarder, OneConnectionCarriesUsersOfBothNodes) {
  Cluster cluster;
  engine::Peer& lines = cluster.call(0, Cluster::kProxied);
  std::string all;
  for (int i = 0; i < 100; ++i) {
    Cluster::Text how;
    how.transport = "TCP";
    how.user = (i % 2 == 0 ? "a" : "b") + std::to_string(i);
    all += cluster.write(how);
  }
  cluster.feed(0, lines, all);
  size_t answers = 0;
  for (const Cluster::Sent& one : cluster.sent) {
    for (size_t at = 0; (at = one.bytes.find("SIP/2.0 200 OK\r\n", at)) != std::string::npos;
         ++at) {
      ++answers;
    }
  }
  EXPECT_EQ(answers, 100u);
  EXPECT_EQ(cluster.claim(0, "a98@xmpp.example"), im::Claim::on_the_phone);
  EXPECT_EQ(cluster.claim(1, "b99@xmpp.example"), im::Claim::on_the_phone);
}

TEST(Forwarder, NodesAndPeersThatAreKnownByTheirCertificates) {
  Cluster cluster([](Options& options) {
    options.peers[1].subjects = {"calls.example"};
    TrunkPeer& other = options.peers[2];
    other.tls = true;
    other.subjects = {Cluster::certificate(*other.node)};
  });
  engine::Peer& peer = cluster.call(0, "192.0.2.99", "calls.example");
  Cluster::Text how;
  how.transport = "TLS";
  cluster.feed(0, peer, cluster.write(how));
  EXPECT_EQ(cluster.all(), "200 ");
  EXPECT_TRUE(cluster.between[0].find("Via: SIP/2.0/TLS 192.0.2.10:5062;") != std::string::npos);
  EXPECT_EQ(Cluster::field(cluster.between[0], "Rollcall-Origin"), "tcp 192.0.2.99 40000 2");
  cluster.between.clear();
  // Whoever has a node's address is no node.
  engine::Peer& liar = cluster.call(1, Cluster::host(0));
  how.transport = "TCP";
  how.fields += "Rollcall-Origin: tcp 192.0.2.99 40000 2\r\n";
  cluster.feed(1, liar, cluster.write(how));
  EXPECT_EQ(cluster.all(), "403 ");
}

TEST(Forwarder, APeerThatClaimsToPassSomethingOnIsItself) {
  Cluster cluster([](Options& options) { options.peers[0].publishes = false; });
  Cluster::Text how;
  how.fields += "Rollcall-Origin: udp 192.0.2.2 5060 0\r\n";
  cluster.tell(1, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.all(), "403 ");
}

TEST(Forwarder, ARequestThatComesAgainIsPassedOnOnce) {
  Cluster cluster;
  const std::string request = cluster.write({});
  cluster.nodes[1]->deaf = true;
  cluster.tell(0, request, Cluster::kProxied);
  cluster.tell(0, request, Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "");
  EXPECT_EQ(cluster.between.size(), 1u);
  Cluster other;
  const std::string again = other.write({});
  other.tell(0, again, Cluster::kProxied);
  other.tell(0, again, Cluster::kProxied);
  ASSERT_EQ(other.sent.size(), 2u);
  EXPECT_EQ(other.sent[0].bytes, other.sent[1].bytes);
  EXPECT_EQ(other.between.size(), 2u) << "one request, one answer";
}

TEST(Forwarder, MaxForwards) {
  Cluster cluster;
  Cluster::Text how;
  how.hops = "0";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "483 ");
  EXPECT_TRUE(cluster.between.empty());
  how.hops = "1";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ") << "who answers needs no hop";
  EXPECT_EQ(Cluster::field(cluster.between[0], "Max-Forwards"), "0");
  how.hops = "";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ");
  EXPECT_EQ(Cluster::field(cluster.between[2], "Max-Forwards"), "70");
  how.user = "anna";
  how.hops = "0";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ") << "and none is needed here";
}

TEST(Forwarder, NodesThatDisagreeMakeALoopOfOneRound) {
  Cluster cluster;
  cluster.nodes[1]->partition.astray = true;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "482 ");
  EXPECT_EQ(cluster.between.size(), 4u) << "there, back, and two answers";
}

TEST(Forwarder, ANodeThatIsDownIsAnswered503AndServedWhenItIsBack) {
  Cluster cluster;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ");
  cluster.go_down(1);
  const std::string request = cluster.write({});
  cluster.tell(0, request, Cluster::kProxied);
  EXPECT_EQ(cluster.last("Retry-After"), "10");
  cluster.tell(0, request, Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "503 503 ");
  Cluster::Text how;
  how.user = "anna";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ") << "others are served";
  cluster.nodes[1]->up = true;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ");
}

TEST(Forwarder, ANodeThatGoesDownMeanwhileIsAnswered503) {
  Cluster cluster;
  cluster.nodes[1]->deaf = true;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "");
  cluster.go_down(1);
  EXPECT_EQ(cluster.all(), "503 ");
}

TEST(Forwarder, ANodeThatLeavesTheClusterIsAnswered503) {
  Cluster cluster;
  cluster.nodes[1]->deaf = true;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  auto without = std::make_shared<Options>(cluster.nodes[0]->service->options());
  without->peers.pop_back();
  {
    engine::Turn here = cluster.turn(0);
    cluster.nodes[0]->service->set_options(without, here);
  }
  cluster.settle();
  EXPECT_EQ(cluster.all(), "503 ");
}

TEST(Forwarder, ANodeThatIsSilentIsAnswered504) {
  Cluster cluster;
  const uint64_t failed = trace::total(trace::Counter::sip_forwards_failed);
  cluster.nodes[1]->deaf = true;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  cluster.advance(base::Duration::seconds(33));
  EXPECT_EQ(cluster.all(), "504 ");
  EXPECT_EQ(trace::total(trace::Counter::sip_forwards_failed) - failed, 1u);
}

TEST(Forwarder, ASubscriptionIsItsHostNodesAndARefreshFindsItFromEitherNode) {
  Cluster cluster;
  cluster.tell(0, cluster.write(subscribe()), Cluster::kProxied);
  ASSERT_EQ(cluster.sent.size(), 2u);
  EXPECT_EQ(cluster.sent[0].from, 1) << "NOTIFY, which may be the first";
  EXPECT_EQ(cluster.sent[1].from, 0) << "the answer";
  Cluster::Text refresh = subscribe();
  refresh.to = Cluster::field(cluster.sent[1].bytes, "To");
  EXPECT_EQ(cluster.all(), "NOTIFY 200 ");
  cluster.tell(1, cluster.write(refresh), Cluster::kProxied);
  EXPECT_EQ(cluster.all().substr(0, 4), "200 ");
  cluster.tell(0, cluster.write(refresh), Cluster::kProxied);
  EXPECT_EQ(cluster.all().substr(0, 4), "200 ");
  refresh.fields = "Event: presence\r\nExpires: 0\r\n";
  cluster.tell(0, cluster.write(refresh), Cluster::kProxied);
  EXPECT_EQ(cluster.all().substr(0, 4), "200 ");
  cluster.tell(0, cluster.write(refresh), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "481 ");
}

TEST(Forwarder, ARefreshIsNeverRedirected) {
  Cluster cluster;
  Cluster::Text how = subscribe();
  how.from = "desk@sip.example";
  how.host = "192.0.2.11";
  cluster.tell(1, cluster.write(how), Cluster::kRedirected);
  how.to = cluster.field(cluster.sent[0].bytes, "To");
  cluster.all();
  how.host = "192.0.2.10";
  cluster.tell(0, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.all().substr(0, 4), "200 ");
}

TEST(Forwarder, ALostConnectionCostsNothingAndDoublesNothing) {
  Cluster cluster;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  const std::string tag = cluster.last("SIP-ETag");
  cluster.all();
  cluster.nodes[1]->mute = true;  // it is done there, and nobody hears of it
  const std::string request = cluster.write(modify(tag));
  cluster.tell(0, request, Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "");
  cluster.nodes[1]->mute = false;
  cluster.cut_all(0);
  EXPECT_EQ(cluster.last("SIP-ETag").substr(0, 16), tag.substr(0, 16));
  const std::string next = cluster.last("SIP-ETag");
  EXPECT_EQ(cluster.all(), "200 ") << "not 412";
  cluster.tell(0, cluster.write(modify(next)), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ") << "it was done once";
}

TEST(Forwarder, AnAnswerToWhatTookTwoConnectionsTakesTheSecond) {
  Cluster cluster;
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  cluster.all();
  cluster.nodes[1]->log.hold();
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  cluster.cut_all(0);
  EXPECT_EQ(cluster.all(), "");
  cluster.nodes[1]->log.commit();
  cluster.settle();
  EXPECT_EQ(cluster.all(), "200 ");
}

TEST(Forwarder, TooManyThatWaitAreRefused) {
  Cluster cluster;
  cluster.nodes[1]->deaf = true;
  const uint64_t hit = trace::total(trace::Counter::sip_forward_limit_hit);
  size_t waiting = 0;
  while (cluster.sent.empty() && waiting < 10000) {
    cluster.tell(0, cluster.write({}), Cluster::kProxied);
    ++waiting;
  }
  EXPECT_EQ(cluster.all(), "503 ");
  EXPECT_GT(waiting, 1000u);
  EXPECT_LT(waiting, 5000u);
  EXPECT_EQ(trace::total(trace::Counter::sip_forward_limit_hit) - hit, 1u);
  cluster.go_down(1);
  EXPECT_EQ(cluster.sent.size(), waiting - 1) << "each is told";
}

TEST(Forwarder, FiveThousandUsersByOneNode) {
  Cluster cluster;
  const uint64_t forwarded = trace::total(trace::Counter::sip_forwarded);
  for (int i = 0; i < 5000; ++i) {
    Cluster::Text how;
    how.user = (i % 2 == 0 ? "a" : "b") + std::to_string(i);
    cluster.tell(0, cluster.write(how), Cluster::kProxied);
    ASSERT_EQ(cluster.all(), "200 ") << how.user;
  }
  EXPECT_EQ(trace::total(trace::Counter::sip_forwarded) - forwarded, 2500u);
}

}  // namespace
}  // namespace sip
