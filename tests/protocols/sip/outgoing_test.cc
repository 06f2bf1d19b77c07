#include "protocols/sip/outgoing.h"

#include "tests/protocols/sip/shards.h"

namespace sip {
namespace {

// Peer 0 is reached by UDP, peer 1 by TCP, peer 2 by TLS.
Options with_peers() {
  Options options;
  options.sent_by = "example.com";
  options.sent_by_tls = "example.com:5062";
  options.peers.resize(3);
  for (size_t i = 0; i < 3; ++i) options.peers[i].id = i + 1;
  options.peers[0].address = base::parse_address("192.0.2.7", 5060);
  options.peers[0].datagrams = true;
  options.peers[1].address = base::parse_address("192.0.2.8", 5060);
  options.peers[2].address = base::parse_address("192.0.2.9", 5061);
  options.peers[2].tls = true;
  options.peers[2].subjects = {"gate.example", "other.example"};
  return options;
}

struct World : Shards, ClientUser {
  explicit World(const Options& wanted = with_peers()) : Shards(wanted) {}
  void on_response(uint64_t number, const Message& response, const Essentials&,
                   engine::Turn& turn) override {
    heard += std::to_string(number) + ":" + std::to_string(response.status()) + "@" +
             std::to_string(turn.shard) + " ";
  }
  void on_no_response(uint64_t number, engine::Turn&) override {
    heard += std::to_string(number) + ":none ";
  }
  bool send(size_t peer, uint64_t number, size_t body = 5) {
    Request how;
    how.method = "MESSAGE";
    how.uri = "sip:bob@phones.example";
    how.from = "<sip:alice@example.com>;tag=1";
    how.to = "<sip:bob@phones.example>";

    const std::string call_id = "c" + std::to_string(number);
    how.call_id = call_id;
    how.cseq = 1;
    const std::string rest =
        "Content-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x');
    engine::Turn here = turn(0);
    const bool good = shards[0]->service->outgoing().send(options->peers[peer], Method::message,
                                                          how, rest, *this, number, here);
    carry_out(0);
    return good;
  }
  std::string answer_to(const std::string& request, int status) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " So\r\n";
    for (base::Bytes name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
      const size_t at = request.find(name);
      text += request.substr(at, request.find("\r\n", at) + 2 - at);
    }
    return text + "Content-Length: 0\r\n\r\n";
  }
  std::string heard;
};

TEST(Outgoing, ByDatagramRepeatsUntilAnAnswerComesAtAnyShard) {
  World world;
  ASSERT_TRUE(world.send(0, 11));
  ASSERT_EQ(world.sent.size(), 1u);
  const std::string request = world.sent[0].bytes;
  EXPECT_EQ(world.sent[0].to, base::parse_address("192.0.2.7", 5060));
  EXPECT_TRUE(has(request, "Via: SIP/2.0/UDP example.com;rport;branch=z9hG4bK")) << request;
  world.advance(base::Duration::milliseconds(600));
  EXPECT_EQ(world.sent.size(), 2u) << "Timer E";
  world.datagram(world.answer_to(request, 200), 1);
  EXPECT_EQ(world.heard, "11:200@0 ") << "where it was sent";
  world.datagram(world.answer_to(request, 200), 0);
  EXPECT_EQ(world.heard, "11:200@0 ") << "once";
}

TEST(Outgoing, WithoutAnAnswerThatIsTold) {
  World world;
  ASSERT_TRUE(world.send(0, 11));
  world.advance(base::Duration::seconds(33));
  EXPECT_EQ(world.heard, "11:none ");
}

TEST(Outgoing, ByConnectionWaitsForItAndUsesItAgain) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  ASSERT_TRUE(world.send(1, 2));
  ASSERT_EQ(world.asked.size(), 1u) << "one connection";
  EXPECT_EQ(world.asked[0].how.remote, base::parse_address("192.0.2.8", 5060));
  EXPECT_TRUE(world.sent.empty());
  auto peer = world.made({5, 1});
  ASSERT_NE(peer, nullptr);
  ASSERT_EQ(world.sent.size(), 1u) << "both in one send";
  const std::string both = world.sent[0].bytes;
  EXPECT_TRUE(has(both, "Via: SIP/2.0/TCP example.com;rport;branch="));
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_EQ(world.asked.size(), 1u);
  world.feed(*peer, world.answer_to(both, 200) +
                        world.answer_to(both.substr(both.find("xxxxx") + 5), 404));
  EXPECT_EQ(world.heard, "1:200@0 2:404@0 ");
  world.end(peer);
  ASSERT_TRUE(world.send(1, 4));
  EXPECT_EQ(world.asked.size(), 2u) << "a new one";
}

TEST(Outgoing, WhatAConnectionDoesNotTakeAtOnceWaitsAndNothingIsLost) {
  constexpr int kRequests = 60;
  constexpr size_t kBody = 12'000;
  World world;
  for (int i = 0; i < kRequests; ++i) ASSERT_TRUE(world.send(1, i, kBody));
  auto peer = world.made({5, 1});
  const auto sent = [&world] {
    size_t bytes = 0;
    for (const Shards::Sent& one : world.sent) bytes += one.bytes.size();
    return bytes;
  };
  for (int i = kRequests; i < 2 * kRequests; ++i) {
    EXPECT_LT(sent(), Trunk::kUnsentBytesMax + 2 * kBody);
    if (i < 80) ASSERT_TRUE(world.send(1, i, kBody));
  }
  EXPECT_EQ(world.awaited, 1);
  for (int rounds = 0; rounds < 20 && world.awaited > rounds; ++rounds) {
    const size_t before = sent();
    engine::Turn here = world.turn(0);
    peer->on_sent(here);
    world.settle();
    EXPECT_LT(sent() - before, Trunk::kUnsentBytesMax + 2 * kBody);
  }
  EXPECT_GT(sent(), 80 * kBody) << "all of it";
  EXPECT_EQ(world.heard, "");
  world.end(peer);
}

TEST(Outgoing, AConnectionThatCannotBeMadeEndsWhatWaitedForIt) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  ASSERT_TRUE(world.send(1, 2));
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_connect_failed(world.asked[0].token, engine::ConnectFailure::refused,
                                              turn);
  EXPECT_EQ(world.heard, "1:none 2:none ");
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_EQ(world.asked.size(), 2u) << "it is tried again";
}

TEST(Outgoing, AConnectionThatIsMadeWhenTheNodeStopsIsNotWanted) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_shutdown(turn);
  EXPECT_EQ(world.shards[0]->service->on_connected(
                world.asked[0].token, {{5, 1}, engine::kNoListener, "192.0.2.8", 5060}, turn),
            nullptr);
  EXPECT_EQ(world.heard, "1:none ");
}

TEST(Outgoing, WhatWaitsIsBounded) {
  World world;
  ASSERT_TRUE(world.send(1, 1, 600'000));
  EXPECT_FALSE(world.send(1, 2, 600'000));
  EXPECT_TRUE(world.send(1, 3, 100'000));
  EXPECT_EQ(world.heard, "");
}

TEST(Outgoing, RequestsUnderWayAreBounded) {
  Options options = with_peers();
  options.client.transactions = 1;
  World world(options);
  EXPECT_TRUE(world.send(0, 1));
  EXPECT_FALSE(world.send(0, 2));
  EXPECT_EQ(world.heard, "");
}

TEST(Outgoing, ByTlsNothingIsSentBeforeTheCertificateIsThePeers) {
  World world;
  ASSERT_TRUE(world.send(2, 1));
  ASSERT_EQ(world.asked.size(), 1u);
  EXPECT_TRUE(world.asked[0].how.tls);
  EXPECT_EQ(world.asked[0].how.server_name, "gate.example");
  auto peer = world.made({5, 1});
  ASSERT_TRUE(world.send(2, 2));
  EXPECT_TRUE(world.sent.empty());
  world.secure(*peer, "other.example");
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Via: SIP/2.0/TLS example.com:5062;rport;branch="));
  EXPECT_EQ(world.asked.size(), 1u);
  EXPECT_TRUE(world.closed.empty());
  world.end(peer);
}

TEST(Outgoing, ByTlsAnotherCertificateEndsTheConnectionAndWhatWaits) {
  World world;
  ASSERT_TRUE(world.send(2, 1));
  auto peer = world.made({5, 1});
  world.secure(*peer, "stranger.example");
  EXPECT_EQ(world.heard, "1:none ");
  EXPECT_TRUE(world.sent.empty());
  EXPECT_EQ(world.closed.size(), 1u);
  world.end(peer);
  EXPECT_EQ(world.asked.size(), 1u) << "until there is something to send";
  ASSERT_TRUE(world.send(2, 2));
  peer = world.made({5, 2});
  world.end(peer);
  EXPECT_EQ(world.heard, "1:none 2:none ") << "the handshake has failed";
}

TEST(Outgoing, WhatALostConnectionLeftUnansweredIsSentAgainInItsOrderOnce) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  auto peer = world.made({5, 1});
  ASSERT_TRUE(world.send(1, 2));
  ASSERT_TRUE(world.send(1, 3));
  ASSERT_EQ(world.sent.size(), 3u);
  const std::string first = world.sent[0].bytes;
  const std::string others = world.sent[1].bytes + world.sent[2].bytes;
  world.sent.clear();
  world.feed(*peer, world.answer_to(first, 200));
  EXPECT_EQ(world.heard, "1:200@0 ");
  world.end(peer);
  ASSERT_EQ(world.asked.size(), 2u) << "without being asked";
  peer = world.made({6, 1});
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].bytes, others) << "the same branches";
  world.feed(*peer, world.answer_to(others, 200));
  EXPECT_EQ(world.heard, "1:200@0 2:200@0 ");
  world.end(peer);
  EXPECT_EQ(world.heard, "1:200@0 2:200@0 3:none ") << "it has ended two";
  EXPECT_EQ(world.asked.size(), 2u);
}

TEST(Outgoing, WhatALostConnectionLeftEndsIfNoOtherCanBeMade) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  auto peer = world.made({5, 1});
  world.end(peer);
  ASSERT_EQ(world.asked.size(), 2u);
  ASSERT_TRUE(world.send(1, 2));
  EXPECT_EQ(world.asked.size(), 2u);
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_connect_failed(world.asked[1].token, engine::ConnectFailure::refused,
                                              turn);
  EXPECT_EQ(world.heard, "1:none 2:none ");
}

TEST(Outgoing, APeerThatAnsweredPingsAndDoesNotAnyMoreIsConnectedToAnew) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  auto peer = world.made({5, 1});
  world.feed(*peer, world.answer_to(world.sent[0].bytes, 200));
  world.sent.clear();
  world.advance(base::Duration::seconds(11));
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].bytes, "\r\n\r\n");
  world.feed(*peer, "\r\n");
  world.advance(base::Duration::seconds(9));
  EXPECT_EQ(world.sent.size(), 1u);
  ASSERT_TRUE(world.send(1, 2));
  world.advance(base::Duration::seconds(12));
  EXPECT_EQ(world.closed, std::vector<engine::ConnectionId>(1, {5, 1})) << "11 s after it was sent";
  EXPECT_EQ(world.asked.size(), 2u);
  world.end(peer);
  world.sent.clear();
  peer = world.made({6, 1});
  EXPECT_TRUE(has(world.sent.at(0).bytes, "Call-ID: c2\r\n"));
  world.feed(*peer, world.answer_to(world.sent[0].bytes, 200));
  EXPECT_EQ(world.heard, "1:200@0 2:200@0 ");
  world.end(peer);
}

TEST(Outgoing, APeerThatNeverAnswersPingsIsLeftInPeace) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  auto peer = world.made({5, 1});
  world.feed(*peer, world.answer_to(world.sent[0].bytes, 200));
  world.advance(base::Duration::seconds(300));
  EXPECT_TRUE(world.closed.empty());
  EXPECT_GT(world.sent.size(), 10u);
  world.end(peer);
}

// Peer 1 is a name. What DNS says is said by hand.
struct Named : World {
  using Outcome = engine::NameQuestion::Outcome;

  static Options options_of(bool datagrams) {
    Options options = with_peers();
    options.peers[1].address = {};
    options.peers[1].host = "sip.example.org";
    options.peers[1].datagrams = datagrams;
    return options;
  }
  explicit Named(bool datagrams = false) : World(options_of(datagrams)) {}

  void answer(const std::vector<std::string>& addresses,
              base::Duration ttl = base::Duration::seconds(60), Outcome outcome = Outcome::found) {
    ASSERT_EQ(questions.size(), 1u);
    engine::QuestionPtr question = std::move(questions.back());
    questions.clear();
    auto& names = static_cast<engine::NameQuestion&>(*question);
    EXPECT_EQ(names.host, "sip.example.org");
    names.outcome = addresses.empty() && outcome == Outcome::found ? Outcome::nowhere : outcome;
    names.ttl = ttl;
    for (const std::string& address : addresses) {
      const auto number = static_cast<uint16_t>(names.targets.size());
      names.targets.push_back({base::parse_address(address, 5060), number, number, 0});
    }
    engine::Turn here = turn(0);
    shards[0]->service->on_answer(std::move(question), here);
    settle();
  }
  void refuse() {
    engine::Turn here = turn(0);
    shards[0]->service->on_connect_failed(asked.back().token, engine::ConnectFailure::refused,
                                          here);
    settle();
  }
  std::string last_asked() {
    std::string text;
    if (!asked.empty()) base::append_address(asked.back().how.remote, text);
    return text;
  }
};

TEST(Outgoing, ANameIsLookedUpOnceWhileItsAnswerIsGood) {
  Named world;
  ASSERT_TRUE(world.send(1, 1));
  ASSERT_TRUE(world.send(1, 2));
  EXPECT_TRUE(world.asked.empty());
  ASSERT_EQ(world.questions.size(), 1u);
  world.answer({"192.0.2.21"});
  EXPECT_EQ(world.last_asked(), "192.0.2.21");
  world.refuse();
  EXPECT_EQ(world.heard, "1:none 2:none ");
  world.advance(base::Duration::seconds(50));
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_TRUE(world.questions.empty());
  EXPECT_EQ(world.asked.size(), 2u);
  world.refuse();
  world.advance(base::Duration::seconds(11));
  ASSERT_TRUE(world.send(1, 4));
  world.answer({"192.0.2.22"}, base::Duration::seconds(1));
  EXPECT_EQ(world.last_asked(), "192.0.2.22");
  world.refuse();
  world.advance(base::Duration::seconds(29));
  ASSERT_TRUE(world.send(1, 5));
  EXPECT_TRUE(world.questions.empty()) << "no answer is shorter than half a minute";
}

TEST(Outgoing, TheNextServerIsTriedWhereOneCannotBeReached) {
  Named world;
  ASSERT_TRUE(world.send(1, 1));
  world.answer({"192.0.2.21", "192.0.2.22", "192.0.2.23"});
  world.refuse();
  EXPECT_EQ(world.last_asked(), "192.0.2.22");
  auto peer = world.made({5, 1});
  ASSERT_EQ(world.sent.size(), 1u);
  const std::string request = world.sent[0].bytes;
  // It is lost; the last one takes over, then the first again.
  world.end(peer);
  EXPECT_EQ(world.last_asked(), "192.0.2.23");
  world.refuse();
  EXPECT_EQ(world.last_asked(), "192.0.2.21");
  world.sent.clear();
  peer = world.made({6, 1});
  EXPECT_EQ(world.sent.at(0).bytes, request);
  world.end(peer);
  EXPECT_EQ(world.heard, "1:none ");
}

TEST(Outgoing, TheNextServerIsTriedWhereOneIsOverloaded) {
  Named world;
  ASSERT_TRUE(world.send(1, 1));
  world.answer({"192.0.2.21", "192.0.2.22"});
  auto peer = world.made({5, 1});
  const std::string request = world.sent.at(0).bytes;
  world.feed(*peer, world.answer_to(request, 503));
  EXPECT_EQ(world.heard, "");
  EXPECT_EQ(world.closed.size(), 1u);
  EXPECT_EQ(world.last_asked(), "192.0.2.22");
  world.end(peer);
  world.sent.clear();
  peer = world.made({6, 1});
  world.feed(*peer, world.answer_to(world.sent.at(0).bytes, 503));
  EXPECT_EQ(world.heard, "1:503@0 ") << "so are all";
  EXPECT_EQ(world.asked.size(), 2u);
  world.end(peer);
}

TEST(Outgoing, ANameThatIsNowhereIsKnownToBeForAWhile) {
  Named world;
  ASSERT_TRUE(world.send(1, 1));
  world.answer({});
  EXPECT_EQ(world.heard, "1:none ");
  EXPECT_FALSE(world.send(1, 2));
  world.advance(base::Duration::seconds(11));
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_EQ(world.questions.size(), 1u);
}

TEST(Outgoing, WithoutAnAnswerOfDnsWhatItSaidBeforeStands) {
  Named world;
  ASSERT_TRUE(world.send(1, 1));
  world.answer({"192.0.2.21"});
  world.refuse();
  world.advance(base::Duration::seconds(61));
  ASSERT_TRUE(world.send(1, 2));
  world.answer({}, {}, Named::Outcome::unknown);
  EXPECT_EQ(world.asked.size(), 2u);
  EXPECT_EQ(world.last_asked(), "192.0.2.21");
}

TEST(Outgoing, ByDatagramANameIsLookedUpTooAndAServerThatIsSilentIsLeft) {
  Named world(true);
  ASSERT_TRUE(world.send(1, 1));
  EXPECT_TRUE(world.sent.empty());
  world.answer({"192.0.2.21", "192.0.2.22"});
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].to, base::parse_address("192.0.2.21", 5060));
  world.advance(base::Duration::seconds(33));
  EXPECT_EQ(world.heard, "1:none ");
  world.sent.clear();
  ASSERT_TRUE(world.send(1, 2));
  EXPECT_EQ(world.sent.at(0).to, base::parse_address("192.0.2.22", 5060));
}

// Peers change while the node runs.
struct Changing : World {
  void change(const Options& wanted) {
    Options whole = wanted;
    whole.first_listener = options->first_listener;
    whole.listeners = options->listeners;
    options = std::make_shared<const Options>(whole);
    engine::Turn here = turn(0);
    shards[0]->service->set_options(options, here);
    settle();
  }
};

TEST(Outgoing, APeerThatIsGoneLeavesNothingAndOthersGoOn) {
  Changing world;
  ASSERT_TRUE(world.send(1, 1));
  auto peer = world.made({5, 1});
  ASSERT_TRUE(world.send(2, 2));
  auto waiting = world.made({6, 1});
  Options fewer = with_peers();
  fewer.peers.erase(fewer.peers.begin() + 1);
  world.change(fewer);
  EXPECT_EQ(world.heard, "1:none ");
  EXPECT_EQ(world.closed, std::vector<engine::ConnectionId>(1, {5, 1}));
  world.end(peer);
  EXPECT_EQ(world.asked.size(), 2u);
  world.sent.clear();
  world.secure(*waiting, "gate.example");
  EXPECT_EQ(world.sent.size(), 1u) << "where peers stand in the list does not matter";
  Options more = fewer;
  more.peers.push_back(with_peers().peers[1]);
  more.peers.back().id = 77;
  more.peers.back().address.port = 5077;
  world.change(more);
  ASSERT_TRUE(world.send(2, 3));
  EXPECT_EQ(world.asked.back().how.remote.port, 5077);
  world.end(waiting);
}

TEST(Outgoing, AConnectionThatIsMadeForAPeerThatIsGoneIsNotWanted) {
  Changing world;
  ASSERT_TRUE(world.send(1, 1));
  Options none = with_peers();
  none.peers.clear();
  world.change(none);
  EXPECT_EQ(world.heard, "1:none ");
  EXPECT_EQ(world.made({5, 1}), nullptr);
}

}  // namespace
}  // namespace sip
