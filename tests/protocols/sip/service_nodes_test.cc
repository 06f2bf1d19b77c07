#include <map>
#include <set>

#include "engine/trace/counters.h"
#include "tests/protocols/sip/cluster.h"
#include "tests/protocols/sip/shards.h"

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

TEST(WrongNode, ATagSaysWhichNodeWhereTheRequestUriSaysNothing) {
  Cluster cluster([](Options& options) { options.hosts = {options.sent_by}; });
  Cluster::Text there;
  there.host = "192.0.2.11:5060";  // after a redirection
  cluster.tell(1, cluster.write(there), Cluster::kProxied);
  Cluster::Text how = modify(cluster.last("SIP-ETag"));
  how.host = there.host;
  cluster.all();
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "200 ");
  cluster.tell(0, cluster.write(there), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "404 ") << "nobody here, and without a tag nobody anywhere";
  how = modify(
      "1234567890abcdef00000007"
      "0009");
  how.host = there.host;
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "404 ") << "of no node that we know";
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

// Of a user of the other node.
struct Elsewhere final : Handler {
  engine::Owner owner_of(const Received&, engine::Turn&) override { return {1, 0}; }
  void on_request(const Received&, engine::Turn&) override { ADD_FAILURE(); }
};

TEST(WrongNode, InvitesAreAlwaysRedirectedAndTheirAcksEndHere) {
  Cluster cluster;
  Elsewhere handler;
  for (const Method method : {Method::invite, Method::ack, Method::benotify}) {
    cluster.nodes[0]->service->handle(method, handler);
  }
  Cluster::Text how;
  how.method = "INVITE";
  how.call_id = "call";
  const std::string request = cluster.write(how);
  cluster.tell(0, request, Cluster::kProxied);
  const std::string answer = cluster.sent[0].bytes;
  cluster.tell(0, request, Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "302 302 ") << "and no 100";
  how.method = "ACK";
  how.to = Cluster::field(answer, "To");
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  cluster.advance(base::Duration::seconds(40));
  how.method = "BENOTIFY";
  cluster.tell(0, cluster.write(how), Cluster::kProxied);
  EXPECT_EQ(cluster.all(), "") << "nobody waits for an answer";
  EXPECT_TRUE(cluster.between.empty());
}

// Answers when told to.
struct Waits final : Handler {
  engine::Owner owner_of(const Received&, engine::Turn&) override { return {0, 1}; }
  void on_request(const Received& request, engine::Turn&) override {
    ++heard;
    back = request.back;
    response.clear();
    Writer writer(response);
    writer.begin_response(request.message, {.status = 200, .to_tag = "mine"});
    writer.end();
  }
  int heard = 0;
  ReturnPath back;
  std::string response;
};

TEST(WrongNode, WhatANodeSendsAgainIsKnownOnEveryShard) {
  Options options;
  options.peers.resize(1);
  options.peers[0].address = base::parse_address("192.0.2.1", 5060);
  options.peers[0].node = 1;
  Shards world(options);
  Waits handlers[2];
  std::set<engine::ShardId> homes;
  const engine::ConnectionId names[] = {{1, 1}, {2, 1}};
  std::unique_ptr<engine::Peer> peers[2];
  for (engine::ShardId id = 0; id < 2; ++id) {
    world.shards[id]->service->handle(Method::message, handlers[id]);
    peers[id] = world.connect(names[id], 4, id);
  }
  for (int i = 0; i < 8; ++i) {
    const std::string request = wire("MESSAGE", std::to_string(i));
    world.feed(*peers[0], request, 0);
    world.feed(*peers[1], request, 1);
    world.feed(*peers[0], request, 0);
    world.feed(*peers[1], request, 1);
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(handlers[1].heard, i + 1) << "once, by its owner";
    homes.insert(handlers[1].back.shard);
    {
      engine::Turn here = world.turn(1);
      world.shards[1]->service->respond(handlers[1].back, 200, handlers[1].response, here);
    }
    world.settle();
    ASSERT_EQ(world.sent.size(), 1u);
    EXPECT_EQ(world.sent[0].connection, names[1]) << "where it was asked for last";
    world.feed(*peers[0], request, 0);
    ASSERT_EQ(world.sent.size(), 2u);
    EXPECT_EQ(world.sent[1].connection, names[0]);
    EXPECT_EQ(world.sent[1].bytes, world.sent[0].bytes);
    world.sent.clear();
  }
  EXPECT_EQ(homes.size(), 2u);
  world.mailbox_full = true;
  for (int i = 8; i < 16; ++i) world.feed(*peers[0], wire("MESSAGE", std::to_string(i)), 0);
  for (auto& envelope : world.refused) {
    engine::Turn here = world.turn(envelope->from);
    world.shards[envelope->from]->service->on_refused(*envelope, here);
  }
  world.settle();
  EXPECT_EQ(world.statuses(), "503 503 503 503 503 503 503 503 ");
  for (engine::ShardId id = 0; id < 2; ++id) world.end(peers[id], id);
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

// A peer whose datagrams get lost both ways, with a publication a user, said to either node; the
// connections between the nodes end again and again.
struct Churn {
  struct Asked {
    std::string user;
    std::string bytes;
    engine::NodeId node;
    base::Instant next;
    base::Instant ends;
    base::Duration pause;
  };
  Churn(uint64_t seed, base::Bytes peer) : random(seed), from(peer) {}

  bool happens(uint32_t percent) { return random.below(100) < percent; }
  void publish(const std::string& user) {
    const auto tag = tags.find(user);
    Cluster::Text how;
    if (tag != tags.end()) how = modify(tag->second);
    how.user = user;
    ask(user, cluster.write(how), static_cast<engine::NodeId>(random.below(2)));
  }
  void ask(const std::string& user, const std::string& bytes, engine::NodeId node) {
    const base::Duration t1 = base::Duration::milliseconds(500);
    const std::string branch =
        bytes.substr(bytes.find("z9hG4bK"), bytes.find("\r\nFrom") - bytes.find("z9hG4bK"));
    busy.insert(user);
    asked[branch] = {user, bytes, node, cluster.now, cluster.now + t1 * 64, t1};
  }
  void tend() {
    std::vector<std::string> due;
    for (auto& [branch, one] : asked) {
      if (cluster.now >= one.ends) due.push_back(branch);
    }
    for (const std::string& branch : due) {
      doubtful.insert(asked[branch].user);
      busy.erase(asked[branch].user);
      asked.erase(branch);
    }
    for (auto& [branch, one] : asked) {
      if (cluster.now < one.next) continue;
      one.next = cluster.now + one.pause;
      one.pause = std::min(one.pause * 2, base::Duration::seconds(4));
      if (!happens(loss)) cluster.tell(one.node, one.bytes, from);
    }
    const std::vector<Cluster::Sent> sent = std::move(cluster.sent);
    cluster.sent.clear();
    for (const Cluster::Sent& one : sent) {
      if (!happens(loss)) hear(one.bytes);
    }
  }
  void hear(const std::string& answer) {
    const std::string via = Cluster::field(answer, "Via");
    const size_t at = via.find("z9hG4bK");
    const auto found = asked.find(via.substr(at, via.find(';', at) - at));
    if (found == asked.end()) return;  // again
    const Asked one = found->second;
    asked.erase(found);
    busy.erase(one.user);
    const std::string status = Cluster::what(answer);
    ++statuses[status];
    if (status == "302") {
      const bool first =
          Cluster::field(answer, "Contact").find(Cluster::host(0)) != std::string::npos;
      EXPECT_NE(one.node, first ? 0 : 1);
      std::string again = one.bytes;
      again.insert(again.find("z9hG4bK") + 7, "again");
      return ask(one.user, again, first ? 0 : 1);
    }
    if (status == "200") {
      tags[one.user] = Cluster::field(answer, "SIP-ETag");
      doubtful.erase(one.user);
    } else if (status == "412") {
      EXPECT_TRUE(doubtful.contains(one.user)) << "without a loss that nobody could mend";
      tags.erase(one.user);
    } else {
      EXPECT_TRUE(status == "503" || status == "504") << answer;
      doubtful.insert(one.user);
    }
  }
  void step() {
    const std::string user = (happens(50) ? "a" : "b") + std::to_string(random.below(10));
    if (!busy.contains(user)) publish(user);
    if (happens(10)) lose_answers();
    if (happens(2)) cluster.nodes[random.below(2)]->up = false;
    if (happens(10)) cluster.nodes[0]->up = cluster.nodes[1]->up = true;
    tend();
    cluster.advance(base::Duration::milliseconds(100));
  }
  // What the other node has done, nobody hears of before the connection is lost.
  void lose_answers() {
    Cluster::OneNode& node = *cluster.nodes[random.below(2)];
    node.mute = true;
    tend();
    node.mute = false;
    cluster.cut_all(0);
  }
  void heal() {
    loss = 0;
    cluster.nodes[0]->up = cluster.nodes[1]->up = true;
    for (int i = 0; i < 400; ++i) {
      tend();
      cluster.advance(base::Duration::milliseconds(100));
    }
  }

  base::Prng random;
  const base::Bytes from;
  Cluster cluster;
  uint32_t loss = 20;
  std::map<std::string, Asked> asked;       // by branch
  std::map<std::string, std::string> tags;  // by user
  std::set<std::string> busy;
  std::set<std::string> doubtful;  // whose last request has failed, and may have been done
  std::map<std::string, int> statuses;
};

TEST(WrongNode, WhateverGetsLostEveryRequestIsAnsweredAndDoneOnce) {
  const int64_t servers = trace::total(trace::Gauge::sip_server_transactions);
  const int64_t clients = trace::total(trace::Gauge::sip_client_transactions);
  std::map<std::string, int> statuses;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Churn churn(seed, seed % 2 == 0 ? Cluster::kProxied : Cluster::kRedirected);
    for (int i = 0; i < 300; ++i) churn.step();
    churn.heal();
    EXPECT_TRUE(churn.asked.empty()) << seed;
    EXPECT_EQ(trace::total(trace::Gauge::sip_server_transactions), servers) << seed;
    EXPECT_EQ(trace::total(trace::Gauge::sip_client_transactions), clients) << seed;
    for (const auto& [status, count] : churn.statuses) statuses[status] += count;
  }
  for (const char* seen : {"200", "302", "503"}) EXPECT_GT(statuses[seen], 20) << seen;
}

}  // namespace
}  // namespace sip
