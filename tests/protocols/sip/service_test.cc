#include "protocols/sip/service.h"

#include "protocols/sip/transaction/token.h"
#include "tests/protocols/sip/shards.h"

namespace sip {
namespace {

TEST(Service, AnswersOptionsWithWhatItCanWhateverMaxForwardsSays) {
  Shards world;
  world.shards[0]->service->announce(HeaderId::accept, "application/pidf+xml");
  world.datagram(wire("OPTIONS"));
  ASSERT_EQ(world.sent.size(), 1u);
  const std::string& answer = world.sent[0].bytes;
  EXPECT_TRUE(answer.starts_with("SIP/2.0 200 OK\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Allow: OPTIONS\r\n"));
  EXPECT_TRUE(has(answer, "Accept: application/pidf+xml\r\n"));
  EXPECT_TRUE(has(answer, "To: <sip:bob@example.com>;tag="));
}

TEST(Service, AnswersGoWhereTheRequestCameFromIfRportAsksForItElseToThePortOfSentBy) {
  Shards world;
  world.datagram(wire("OPTIONS", "1"), 0, 6000);
  world.datagram(wire("OPTIONS", "2", "", "sip:bob@example.com", ""), 0, 6000);
  ASSERT_EQ(world.sent.size(), 2u);
  EXPECT_EQ(world.sent[0].to, base::parse_address("192.0.2.1", 6000));
  EXPECT_TRUE(has(world.sent[0].bytes, ";received=192.0.2.1;rport=6000\r\n"));
  EXPECT_EQ(world.sent[1].to, base::parse_address("192.0.2.1", 5070));
  EXPECT_TRUE(has(world.sent[1].bytes, ";received=192.0.2.1\r\n"));
}

TEST(Service, ARequestThatComesAgainGetsTheSameAnswer) {
  Shards world;
  world.datagram(wire("OPTIONS"));
  world.datagram(wire("OPTIONS"));
  ASSERT_EQ(world.sent.size(), 2u);
  EXPECT_EQ(world.sent[0].bytes, world.sent[1].bytes);
  const std::string first = world.sent[0].bytes;
  world.advance(base::Duration::seconds(40));
  world.datagram(wire("OPTIONS"));
  ASSERT_EQ(world.sent.size(), 3u);
  EXPECT_EQ(world.sent[2].bytes, first) << "the tag is the same also after Timer J";
}

TEST(Service, RefusesMethodsSchemesAndExtensionsInThisOrder) {
  Shards world;
  world.datagram(wire("SING", "1", "Require: nobody-has-it\r\n", "other:bob"));
  EXPECT_EQ(world.statuses(), "501 ");
  world.datagram(wire("PUBLISH", "2", "", "other:bob"));
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Allow: OPTIONS\r\n"));
  EXPECT_EQ(world.statuses(), "405 ");
  world.datagram(wire("OPTIONS", "3", "Require: nobody-has-it\r\n", "other:bob"));
  EXPECT_EQ(world.statuses(), "416 ");
  world.shards[0]->service->announce(HeaderId::supported, "eventlist");
  world.datagram(wire("OPTIONS", "4", "Require: eventlist, a\r\nRequire: b\r\n"));
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Unsupported: a, b\r\n"));
  EXPECT_EQ(world.statuses(), "420 ");
  world.datagram(wire("OPTIONS", "5", "Require: eventlist\r\n"));
  EXPECT_EQ(world.statuses(), "200 ");
}

TEST(Service, MalformedRequestsAreToldSoAndAllElseThatIsMalformedIsDropped) {
  Shards world;
  const auto without = [](const std::string& text, base::Bytes line) {
    std::string less = text;
    const size_t at = less.find(line);
    return less.erase(at, less.find("\r\n", at) + 2 - at);
  };
  world.datagram(without(wire("OPTIONS"), "Call-ID"));
  EXPECT_EQ(world.statuses(), "400 ");
  std::string other_version = wire("OPTIONS");
  while (has(other_version, "SIP/2.0"))
    other_version.replace(other_version.find("SIP/2"), 7, "SIP/7.0");
  world.datagram(other_version);
  EXPECT_EQ(world.statuses(), "505 ") << "though its Via says nothing to us";
  world.datagram(without(wire("OPTIONS"), "Via"));
  world.datagram(without(wire("ACK"), "Call-ID"));
  world.datagram("SIP/2.0 200 OK\r\n\r\n");
  world.datagram("what?");
  world.datagram("\r\n\r\n");
  world.datagram(base::Bytes("\0\0\0\0", 4));
  EXPECT_EQ(world.statuses(), "");
}

TEST(Service, BenotifyIsNeverAnswered) {
  Shards world;
  world.datagram(wire("BENOTIFY"));
  EXPECT_EQ(world.statuses(), "");
}

TEST(Service, CancelMeansNothingHereAndAckIsNeverAnswered) {
  Shards world;
  world.datagram(wire("INVITE", "1"));
  EXPECT_EQ(world.statuses(), "405 ");
  world.datagram(wire("CANCEL", "1"));
  EXPECT_EQ(world.statuses(), "481 ");
  world.datagram(wire("ACK", "1"));
  world.advance(base::Duration::seconds(40));
  EXPECT_EQ(world.statuses(), "");
}

// Of those who may ask more than OPTIONS.
Options with_peer() {
  Options options;
  options.peers.resize(1);
  options.peers[0].address = base::parse_address("192.0.2.1", 5060);
  options.peers[0].datagrams = true;
  return options;
}

TEST(Service, StrangersMayAskWhatItCanAndNothingElse) {
  Shards world;
  struct Never final : Handler {
    engine::Owner owner_of(const Received&, engine::Turn&) override { return {0, 1}; }
    void on_request(const Received&, engine::Turn&) override { ADD_FAILURE(); }
  } never;
  world.shards[0]->service->handle(Method::message, never);
  world.datagram(wire("MESSAGE", "1"));
  world.datagram(wire("OPTIONS", "2"));
  EXPECT_EQ(world.statuses(), "403 200 ");
}

// Answers on shard 1: at once, or when told to.
struct Late final : Handler {
  explicit Late(Service& of) : service(of) {}
  engine::Owner owner_of(const Received& request, engine::Turn&) override {
    EXPECT_EQ(request.source.remote, base::parse_address("192.0.2.1", 5066));
    return {0, 1};
  }
  void on_request(const Received& request, engine::Turn& turn) override {
    heard.emplace_back(request.message.body());
    if (!waits) return service.answer(request, 202, turn);
    Writer writer(response);
    service.begin_answer(request, {.status = 200, .to_tag = "mine"}, writer);
    writer.end();
    back = request.back;
  }
  Service& service;
  std::vector<std::string> heard;
  bool waits = false;
  std::string response;
  ReturnPath back;
};

TEST(Service, AHandlerHearsRequestsOnTheShardThatItNamesAndAnswersFromThere) {
  Shards world(with_peer());
  Late here(*world.shards[0]->service);
  Late there(*world.shards[1]->service);
  world.shards[0]->service->handle(Method::message, here);
  world.shards[1]->service->handle(Method::message, there);
  std::string request = wire("MESSAGE");
  request.replace(request.find("Content-Length: 0"), 17, "Content-Length: 5");
  world.datagram(request + "hello and noise");
  world.datagram(request + "hello and noise");
  EXPECT_EQ(world.statuses(), "202 202 ");
  EXPECT_TRUE(here.heard.empty());
  EXPECT_EQ(there.heard, std::vector<std::string>{"hello"}) << "once";
  world.datagram(request + "hello and noise", 1);
  EXPECT_EQ(world.statuses(), "202 ") << "no need to go across";
}

struct Acknowledged final : Handler {
  engine::Owner owner_of(const Received&, engine::Turn&) override { return {0, 1}; }
  void on_request(const Received&, engine::Turn&) override { ++heard; }
  int heard = 0;
};

TEST(Service, AnAckOfASuccessGoesToItsHandlerAndAnyOtherEndsHere) {
  Shards world(with_peer());
  Late here(*world.shards[0]->service);
  Late there(*world.shards[1]->service);
  Acknowledged acks;
  world.shards[0]->service->handle(Method::invite, here);
  world.shards[1]->service->handle(Method::invite, there);
  world.shards[0]->service->handle(Method::ack, acks);
  world.shards[1]->service->handle(Method::ack, acks);
  world.datagram(wire("INVITE"));
  EXPECT_EQ(world.statuses(), "100 202 ");
  world.datagram(wire("ACK", "ofsuccess"));
  EXPECT_EQ(acks.heard, 1);
  world.mailbox_full = true;
  world.datagram(wire("ACK", "2"));
  EXPECT_EQ(world.statuses(), "") << "nobody answers an ACK";
  world.mailbox_full = false;
  world.datagram(wire("OPTIONS", "4"));
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Allow: OPTIONS, CANCEL, INVITE, ACK\r\n"))
      << world.sent[0].bytes;
}

TEST(Service, ARequestOfOursThatComesBackIsALoop) {
  Shards world(with_peer());
  Late here(*world.shards[0]->service);
  Late there(*world.shards[1]->service);
  world.shards[0]->service->handle(Method::message, here);
  world.shards[1]->service->handle(Method::message, there);
  std::string branch(kBranchCookie);
  append_token(world.node.key, TokenUse::branch, {1, 7, 9}, branch);
  const std::string ours = "Via: SIP/2.0/TCP us.example.com;branch=" + branch + "\r\n";
  const std::string theirs = "Via: SIP/2.0/TCP edge.example.com;branch=z9hG4bK1234567890123\r\n";
  world.datagram(wire("MESSAGE", "1", theirs));
  EXPECT_EQ(world.statuses(), "202 ");
  world.datagram(wire("MESSAGE", "2", theirs + ours));
  EXPECT_EQ(world.statuses(), "482 ");
  world.datagram(wire("MESSAGE", "3", "", "sip:bob@example.com",
                      ";rport, " + ours.substr(5, ours.size() - 7)));
  EXPECT_EQ(world.statuses(), "482 ");
  EXPECT_EQ(there.heard.size(), 1u);
}

TEST(Service, AnAnswerMayComeLaterFromAnyShard) {
  Shards world(with_peer());
  Late here(*world.shards[0]->service);
  Late there(*world.shards[1]->service);
  there.waits = true;
  world.shards[0]->service->handle(Method::message, here);
  world.shards[1]->service->handle(Method::message, there);
  world.datagram(wire("MESSAGE"));
  EXPECT_EQ(world.statuses(), "");
  world.advance(base::Duration::seconds(2));
  engine::Turn turn = world.turn(1);
  there.service.respond(there.back, 200, there.response, turn);
  world.settle();
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, ";tag=mine\r\n"));
  EXPECT_TRUE(has(world.sent[0].bytes, ";received=192.0.2.1;rport=5066\r\n"));
  EXPECT_EQ(world.statuses(), "200 ");
}

TEST(Service, BeyondItsPlacesItAsksPeersToComeBackAndStillAnswersAllElse) {
  Options options = with_peer();
  options.server.transactions = 1;
  Shards world(options);
  Late here(*world.shards[0]->service);
  Late there(*world.shards[1]->service);
  world.shards[0]->service->handle(Method::message, here);
  world.shards[1]->service->handle(Method::message, there);
  for (int i = 0; i < 5; ++i) world.datagram(wire("OPTIONS", std::to_string(i)));
  EXPECT_EQ(world.statuses(), "200 200 200 200 200 ") << "they take no place";
  world.datagram(wire("MESSAGE", "a"));
  EXPECT_EQ(world.statuses(), "202 ");
  world.datagram(wire("MESSAGE", "b"));
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Retry-After: "));
  EXPECT_EQ(world.statuses(), "503 ");
  world.datagram(wire("MESSAGE", "a"));
  EXPECT_EQ(world.statuses(), "202 ") << "absorbed";
  world.advance(base::Duration::seconds(33));
  world.datagram(wire("MESSAGE", "b"));
  EXPECT_EQ(world.statuses(), "202 ");
}

TEST(Service, AFullMailboxRefusesTheRequest) {
  Shards world(with_peer());
  Late here(*world.shards[0]->service);
  world.shards[0]->service->handle(Method::message, here);
  world.mailbox_full = true;
  world.datagram(wire("MESSAGE"));
  ASSERT_EQ(world.refused.size(), 1u);
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_refused(*world.refused[0], turn);
  world.settle();
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_TRUE(has(world.sent[0].bytes, "Retry-After: "));
  EXPECT_EQ(world.statuses(), "503 ");
}

}  // namespace
}  // namespace sip
