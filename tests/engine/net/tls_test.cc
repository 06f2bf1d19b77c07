// TLS on connections: direct, STARTTLS and what may be injected before it, handshakes that never
// end, reload.
#include <memory>

#include "engine/net/network.h"
#include "tests/engine/net/harness.h"
#include "tests/engine/tls/pipe.h"

namespace engine {
namespace {

using test::Client;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

// A client that speaks TLS over its socket.
class SecureClient {
 public:
  SecureClient(Harness& harness, Client& socket, const TlsClientContext& context)
      : harness_(harness),
        socket_(socket),
        session_(make_client_session(context, "im.example.com")) {}

  bool shake_hands() {
    feed({});
    return harness_.until([&] {
      feed_socket();
      return established_ || failed_;
    }) && established_;
  }
  bool send(base::Bytes text) {
    std::string records;
    return session_->seal(text, records) && socket_.send(records);
  }
  std::string read(size_t length) {
    harness_.until([&] {
      feed_socket();
      return plain_.size() >= length || closed_ || socket_.ended();
    });
    return std::exchange(plain_, {});
  }
  bool said_goodbye() const { return closed_; }
  TlsClientSession& session() { return *session_; }

 private:
  void feed_socket() {
    const std::string got = socket_.take();
    if (!got.empty()) feed(got);
  }
  void feed(base::Bytes received) {
    std::string records;
    const TlsStatus status = session_->open(received, plain_, records);
    established_ = established_ || status == TlsStatus::established;
    failed_ = failed_ || status == TlsStatus::failed;
    closed_ = closed_ || status == TlsStatus::closed;
    if (!records.empty()) socket_.send(records);
  }

  Harness& harness_;
  Client& socket_;
  std::unique_ptr<TlsClientSession> session_;
  std::string plain_;
  bool established_ = false;
  bool failed_ = false;
  bool closed_ = false;
};

class NetworkTlsTest : public testing::TestWithParam<test::Backend> {
 protected:
  static constexpr size_t kDirect = 0;
  static constexpr size_t kStartTls = 1;

  HarnessOptions options() {
    HarnessOptions made;
    made.backend = GetParam();
    made.net.listeners = {{"127.0.0.1", 0, true}, {"127.0.0.1", 0, false}};
    made.tls = tls_test::make_context({{files_}});
    return made;
  }

  tls_test::Folder folder_;
  TlsCertificateFiles files_ = tls_test::make_files(folder_, "a", {"im.example.com"});
  std::shared_ptr<const TlsClientContext> client_ = tls_test::make_client();
};

TEST_P(NetworkTlsTest, DirectTlsCarriesBothWays) {
  Harness harness(options());
  Client socket(harness.port(kDirect));
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  EXPECT_TRUE(harness.until([&] { return harness.events.secured == 1; }));
  EXPECT_EQ(harness.shard().network.handshakes(), 0u);
  client.send("hello\n");
  EXPECT_EQ(client.read(6), "hello\n");
  client.send("flood 300000\n");
  EXPECT_EQ(client.read(300000).size(), 300000u);
  const int sends = harness.shard().reactor.sends;
  client.send("mail 10\n");
  EXPECT_EQ(client.read(70).size(), 70u);
  EXPECT_EQ(harness.shard().reactor.sends, sends + 1) << "sealed together, sent together";
}

TEST_P(NetworkTlsTest, CloseSaysGoodbyeInTlsAndInTcp) {
  Harness harness(options());
  Client socket(harness.port(kDirect));
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  client.send("flood 50000\nclose\n");
  EXPECT_EQ(client.read(SIZE_MAX), std::string(50000, 'x'));
  EXPECT_TRUE(client.said_goodbye());
  EXPECT_TRUE(harness.until([&] {
    socket.take();
    return socket.ended();
  }));
  EXPECT_EQ(socket.error(), 0);
}

TEST_P(NetworkTlsTest, TheOtherSidesGoodbyeIsOrderly) {
  Harness harness(options());
  Client socket(harness.port(kDirect));
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  std::string records;
  client.session().close(records);
  socket.send(records);
  EXPECT_TRUE(harness.until([&] { return !harness.events.closed.empty(); }));
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::by_peer}));
}

TEST_P(NetworkTlsTest, StartTlsSwitches) {
  Harness harness(options());
  Client socket(harness.port(kStartTls));
  EXPECT_EQ(harness.exchange(socket, "hello\n", 6), "hello\n");
  EXPECT_EQ(harness.exchange(socket, "starttls\n", 8), "proceed\n");
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  client.send("secret\n");
  EXPECT_EQ(client.read(7), "secret\n");
}

TEST_P(NetworkTlsTest, NothingInjectedWithStartTlsSurvivesIntoTls) {
  Harness harness(options());
  Client socket(harness.port(kStartTls));
  harness.exchange(socket, "hello\n", 6);
  // In the same segment: one chunk for the peer, which drops what follows. (What arrives in a
  // later one is the engine's business, see below.)
  socket.send("starttls\nmail 5\n");
  EXPECT_EQ(harness.read(socket, 8), "proceed\n");
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  client.send("secret\n");
  EXPECT_EQ(client.read(7), "secret\n") << "and no letters";
}

TEST_P(NetworkTlsTest, BytesThatArriveBeforeProceedHasLeftAreDropped) {
  Harness harness(options());
  Client socket(harness.port(kStartTls), 4096);
  harness.exchange(socket, "hello\n", 6);
  // The clear text cannot leave at once: a flood is before it, and we do not read.
  socket.send("flood 900000\nstarttls\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.received.ends_with("starttls\n"); }));
  harness.turn();
  const std::string injected = "injected\n";
  const uint64_t dropped = total(Counter::starttls_bytes_dropped);
  socket.send(injected);
  EXPECT_TRUE(harness.until(
      [&] { return total(Counter::starttls_bytes_dropped) == dropped + injected.size(); }));
  EXPECT_EQ(harness.read(socket, 900008).substr(900000), "proceed\n");
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands()) << "the injected bytes are not taken for a record";
  EXPECT_EQ(harness.events.received.find("injected"), std::string::npos);
}

TEST_P(NetworkTlsTest, ClearTextWhereTlsIsExpectedFailsTheHandshake) {
  Harness harness(options());
  Client socket(harness.port(kDirect));
  socket.send("<stream:stream xmlns='jabber:client'>");
  EXPECT_TRUE(harness.until([&] { return !harness.events.closed.empty(); }));
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::tls_handshake}));
  EXPECT_EQ(harness.events.received, "");
}

TEST_P(NetworkTlsTest, AHandshakeThatTakesTooLongIsGivenUp) {
  Harness harness(options());
  Client socket(harness.port(kDirect));
  EXPECT_TRUE(harness.until([&] { return harness.shard().network.handshakes() == 1; }));
  socket.send("\x16\x03\x01");
  const uint64_t timeouts = total(Counter::handshake_timeouts);
  harness.skip(base::Duration::seconds(9));
  EXPECT_TRUE(harness.events.closed.empty());
  harness.skip(base::Duration::seconds(2));
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::tls_handshake}));
  EXPECT_EQ(total(Counter::handshake_timeouts), timeouts + 1);
}

TEST_P(NetworkTlsTest, AThousandHalfOpenHandshakesDoNotKeepAClientOut) {
  HarnessOptions with = options();
  with.net.handshakes_per_shard = 100;
  with.net.connections_per_source = 0;
  Harness harness(with);
  const uint64_t evicted = total(Counter::handshakes_evicted);
  std::vector<Client> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.emplace_back(harness.port(kDirect));
    if (i % 50 == 0) harness.turn();
  }
  EXPECT_TRUE(harness.until([&] { return harness.events.accepted == 1000; }));
  EXPECT_EQ(harness.shard().network.handshakes(), 100u);
  EXPECT_EQ(total(Counter::handshakes_evicted), evicted + 900);
  Client socket(harness.port(kDirect));
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  client.send("hello\n");
  EXPECT_EQ(client.read(6), "hello\n");
}

TEST_P(NetworkTlsTest, ReloadServesNewConnectionsAndKeepsTheOldOnes) {
  Harness harness(options());
  Client first(harness.port(kDirect));
  SecureClient before(harness, first, *client_);
  ASSERT_TRUE(before.shake_hands());
  const auto files = tls_test::make_files(folder_, "b", {"im.example.com"});
  harness.shard().network.replace_tls(tls_test::make_context({{files}}));
  Client second(harness.port(kDirect));
  SecureClient after(harness, second, *client_);
  ASSERT_TRUE(after.shake_hands());
  EXPECT_NE(after.session().peer_certificate(), before.session().peer_certificate());
  before.send("still here\n");
  EXPECT_EQ(before.read(11), "still here\n");
}

TEST_P(NetworkTlsTest, AListenerWithoutACertificateIsAnErrorAtStart) {
  HarnessOptions with = options();
  with.net.listeners = {{"127.0.0.1", 0, false}};
  Harness harness(with);
  NetOptions wrong;
  wrong.listeners = {{"127.0.0.1", 0, true}};
  NetShared shared(wrong);
  Network network(harness.shard().shard, wrong, shared, nullptr);
  std::vector<uint16_t> ports;
  EXPECT_FALSE(network.listen(ports));
}

TEST_P(NetworkTlsTest, ASecuredConnectionMovesWithItsKeys) {
  HarnessOptions with = options();
  with.shards = 2;
  Harness harness(with);
  Client socket(harness.port(kDirect));
  SecureClient client(harness, socket, *client_);
  ASSERT_TRUE(client.shake_hands());
  for (int round = 0; round < 10; ++round) {
    const std::string to = std::to_string((round + 1) % 2);
    client.send("one\nmove " + to + "\ntwo\n");
    const std::string got = client.read(13);
    EXPECT_EQ(got, "one\ntwo\non " + to + "\n") << "the peer had all three lines already";
  }
  EXPECT_EQ(harness.shard(0).network.connections(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Backends, NetworkTlsTest,
                         test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
