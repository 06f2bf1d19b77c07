#include "engine/trace/counters.h"
#include "tests/protocols/sip/cluster.h"

namespace sip {
namespace {

Cluster::Text modify(const std::string& tag, const std::string& user = "bob") {
  Cluster::Text how;
  how.user = user;
  how.fields = "Event: presence\r\nSIP-If-Match: " + tag + "\r\n";
  how.body.clear();
  return how;
}

// SIP.md section 7, row 16.
TEST(WrongNode, ARedirectedPeerIsToldTheHostNodeWithoutATransaction) {
  Cluster cluster;
  const int64_t transactions = trace::total(trace::Gauge::sip_server_transactions);
  const std::string request = cluster.write({});
  cluster.tell(0, request, Cluster::kRedirected);
  ASSERT_EQ(cluster.sent.size(), 1u);
  const std::string answer = cluster.sent[0].bytes;
  EXPECT_TRUE(answer.starts_with("SIP/2.0 302 Moved Temporarily\r\n")) << answer;
  EXPECT_EQ(cluster.last("Contact"), "<sip:bob@192.0.2.11:5060>;expires=3600");
  EXPECT_EQ(cluster.last("SIP-ETag"), "");
  EXPECT_TRUE(cluster.between.empty());
  cluster.tell(0, request, Cluster::kRedirected);
  ASSERT_EQ(cluster.sent.size(), 2u);
  EXPECT_EQ(cluster.sent[1].bytes, answer) << "the same when it comes again";
  EXPECT_EQ(trace::total(trace::Gauge::sip_server_transactions), transactions);
}

TEST(WrongNode, WhoFollowsARedirectionIsServedAndSoIsEachOfItsTagsThere) {
  Cluster cluster;
  Cluster::Text there;
  there.host = "192.0.2.11:5060";
  cluster.tell(1, cluster.write(there), Cluster::kRedirected);
  EXPECT_EQ(cluster.what(cluster.sent.back().bytes), "200");
  const std::string tag = cluster.last("SIP-ETag");
  EXPECT_TRUE(tag.ends_with("0001")) << tag;
  EXPECT_EQ(cluster.claim(1, "bob@xmpp.example"), im::Claim::on_the_phone);
  cluster.all();
  cluster.tell(0, cluster.write(modify(tag)), Cluster::kRedirected);
  EXPECT_EQ(cluster.last("Contact"), "<sip:bob@192.0.2.11:5060>;expires=3600");
  EXPECT_EQ(cluster.all(), "302 ") << "not 412";
  cluster.tell(1, cluster.write(modify(tag)), Cluster::kRedirected);
  EXPECT_EQ(cluster.all(), "200 ");
}

TEST(WrongNode, ByConnectionTheContactSaysSo) {
  Cluster cluster([](Options& options) { options.peers[0].subjects = {"gate.example"}; });
  Cluster::Text how;
  how.transport = "TCP";
  cluster.feed(0, cluster.call(0, Cluster::kRedirected), cluster.write(how));
  EXPECT_EQ(cluster.all(), "403 ") << "known by its certificate alone";
  engine::Peer& gate = cluster.call(0, "192.0.2.99", "gate.example");
  how.transport = "TLS";
  cluster.feed(0, gate, cluster.write(how));
  EXPECT_EQ(cluster.last("Contact"), "<sip:bob@192.0.2.11:5062;transport=tls>;expires=3600");
  Cluster plain;
  how.transport = "TCP";
  plain.feed(0, plain.call(0, Cluster::kRedirected), plain.write(how));
  EXPECT_EQ(plain.last("Contact"), "<sip:bob@192.0.2.11:5060;transport=tcp>;expires=3600");
}

TEST(WrongNode, AUserOfAnotherDomainIsNamedWhole) {
  Cluster cluster;
  Cluster::Text how;
  how.host = "other.example";
  cluster.tell(0, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.last("Contact"), "<sip:bob%40other.example@192.0.2.11:5060>;expires=3600");
  how.user = "bob%40other.example";
  how.host = "192.0.2.11:5060";
  cluster.tell(1, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.claim(1, "bob@other.example"), im::Claim::on_the_phone);
  EXPECT_EQ(cluster.claim(1, "bob@xmpp.example"), im::Claim::offline);
}

TEST(WrongNode, SubscriptionsAreRedirectedWhateverMaxForwardsSays) {
  Cluster cluster;
  Cluster::Text how;
  how.method = "SUBSCRIBE";
  how.fields = "Event: presence\r\nExpires: 600\r\n";
  how.body.clear();
  how.from = "desk@sip.example";
  how.hops = "0";
  cluster.tell(0, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.all(), "302 ");
  how.user = "anna";
  cluster.tell(0, cluster.write(how), Cluster::kRedirected);
  EXPECT_EQ(cluster.all(), "200 NOTIFY ") << "she lives here";
}

TEST(WrongNode, ANodeThatNobodyKnowsIsAnswered503) {
  Cluster cluster([](Options& options) { options.peers.pop_back(); });
  cluster.tell(0, cluster.write({}), Cluster::kRedirected);
  EXPECT_EQ(cluster.last("Retry-After"), "10");
  cluster.tell(0, cluster.write({}), Cluster::kProxied);
  EXPECT_EQ(cluster.last("Retry-After"), "10");
  EXPECT_EQ(cluster.all(), "503 503 ");
}

// A client of ours, whoever says so.
struct Knows final : Gate {
  bool screen(const Claim& claim, engine::Owner& owner, Verdict&, engine::Turn&) override {
    owner.node = claim.essentials.from.uri.starts_with("sip:a") ? 0 : 1;
    return true;
  }
  void check(const Claim& claim, engine::Turn& turn) override {
    service->decide(claim, {.account = claim.essentials.from.uri.substr(4)}, turn);
  }
  void challenge(const Claim&, bool, Writer&, engine::Turn&) override {}
  Service* service = nullptr;
};

TEST(WrongNode, OurOwnClientsAreSentToTheirOwnNodeBeforeTheyAreChecked) {
  Cluster cluster;
  Knows gate;
  gate.service = cluster.nodes[0]->service.get();
  gate.service->set_gate(gate);
  Cluster::Text how;
  how.from = "bob@xmpp.example";
  cluster.tell(0, cluster.write(how), "192.0.2.77");
  EXPECT_EQ(cluster.last("Contact"), "<sip:bob@192.0.2.11:5060>;expires=3600");
  EXPECT_EQ(cluster.all(), "302 ");
  how.method = "SUBSCRIBE";
  how.fields = "Event: presence\r\nExpires: 600\r\n";
  how.body.clear();
  how.from = "anna@xmpp.example";
  cluster.tell(0, cluster.write(how), "192.0.2.77");
  EXPECT_EQ(cluster.all(), "503 ") << "no way back to her from there";
}

TEST(WrongNode, FiveThousandUsersFindTheirNodesByOneSeed) {
  Cluster cluster;
  const uint64_t redirected = trace::total(trace::Counter::sip_redirected);
  size_t stayed = 0;
  for (int i = 0; i < 5000; ++i) {
    Cluster::Text how;
    how.user = (i % 2 == 0 ? "a" : "b") + std::to_string(i);
    how.fields += "Expires: 600\r\n";
    cluster.tell(0, cluster.write(how), Cluster::kRedirected);
    ASSERT_EQ(cluster.sent.size(), 1u);
    std::string answer = cluster.sent[0].bytes;
    if (Cluster::what(answer) == "302") {
      how.host = "192.0.2.11:5060";
      cluster.sent.clear();
      cluster.tell(1, cluster.write(how), Cluster::kRedirected);
      answer = cluster.sent[0].bytes;
    } else {
      ++stayed;
    }
    ASSERT_EQ(Cluster::what(answer), "200") << how.user;
    cluster.sent.clear();
  }
  EXPECT_EQ(stayed, 2500u);
  EXPECT_EQ(trace::total(trace::Counter::sip_redirected) - redirected, 2500u);
}

}  // namespace
}  // namespace sip
