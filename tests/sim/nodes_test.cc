// Two nodes of a cluster on real shards: threads, TCP on loopback, both wires on each. Users whose
// names begin with 'a' live on node 0, all others on node 1. A trunk peer at 127.0.0.9 knows node 0
// alone, which passes on to node 1 what is for its users (protocols/sip/forwarder.h).
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include "engine/base/base64.h"
#include "engine/net/shard_set.h"
#include "engine/shard/hash_partition.h"
#include "protocols/gateway/shard_service.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/loopback.h"
#include "tests/sim/client_namespaces.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_store.h"

namespace sim {
namespace {

constexpr engine::ShardId kShards = 2;
constexpr int kPatience = 30'000;  // milliseconds

// The store of all shards: answers in the thread that asks. Whoever is asked about has an account.
class NodeStore final : public engine::Answerer {
 public:
  void ask(engine::QuestionPtr question) override {
    auto* request = static_cast<im::StoreRequest*>(question.get());
    {
      const std::lock_guard lock(mutex_);
      memory_.answer(*request);
    }
    mesh->answer(std::move(question));
  }
  void add_user(const std::string& jid) {
    im::StoreRequest request;
    request.kind = im::StoreKind::create_account;
    request.user = jid;
    request.text = "secret";
    const std::lock_guard lock(mutex_);
    memory_.answer(request);
    ASSERT_EQ(request.status, im::StoreStatus::ok);
  }
  engine::Mesh* mesh = nullptr;

 private:
  std::mutex mutex_;
  tests::MemoryStore memory_;
};

class FirstLetter final : public engine::Partition {
 public:
  explicit FirstLetter(engine::NodeId id) : id_(id) {}
  engine::Owner owner(base::Bytes bare_jid) const override {
    return {static_cast<engine::NodeId>(bare_jid.starts_with('a') ? 0 : 1),
            in_node_.owner(bare_jid).shard};
  }
  engine::ShardId shards() const override { return kShards; }
  engine::NodeId here() const override { return id_; }

 private:
  const engine::NodeId id_;
  const engine::HashPartition in_node_{kShards};
};

class NodeMaker final : public engine::ShardMaker {
 public:
  NodeMaker(engine::NodeId id, uint16_t port_of_other) : partition_(id) {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"here"};
    auto options = std::make_shared<xmpp::Options>();
    options->im = im_options;
    options->listeners = {{.tls = xmpp::TlsMode::off, .sasl_without_tls = true}};
    xmpp_options_ = options;
    auto sip = std::make_shared<sip::Options>();
    sip->first_listener = 1;
    sip->listeners = {sip::ListenerKind::tcp};
    sip->sent_by = "127.0.0.1";
    sip->domain = "here";
    sip->peers.resize(2);
    sip::TrunkPeer& phones = sip->peers[0];
    phones.id = 1;
    phones.address = base::parse_address("127.0.0.9", 5060);
    phones.domains = {"phones.example"};
    phones.publishes = true;
    phones.wrong_node = sip::WrongNode::proxy;
    sip::TrunkPeer& other = sip->peers[1];
    other.id = 2;
    other.node = 1 - id;
    other.address = base::parse_address("127.0.0.1", port_of_other);
    other.host_node = "127.0.0.1";
    sip_options_ = sip;
    sip_ = {{uint64_t{id} + 1, 7}, kShards, id};
    for (engine::ShardId shard = 0; shard < kShards; ++shard) {
      randoms_[shard] = std::make_unique<base::Prng>(10 * id + shard + 1);
    }
  }
  std::unique_ptr<engine::Service> make_service(engine::ShardId shard) override {
    base::Prng& random = *randoms_[shard];
    return std::make_unique<gateway::ShardService>(
        std::make_unique<xmpp::Service>(shard, partition_, xmpp_options_, xmpp_),
        std::make_unique<sip::Service>(shard, sip_options_, sip_, random), random);
  }
  std::unique_ptr<base::Random> make_random(engine::ShardId shard) override {
    return std::make_unique<base::Prng>(shard + 100);
  }
  std::unique_ptr<engine::Log> make_log(engine::ShardId, engine::Reactor&,
                                        std::vector<engine::JournalEntry>&) override {
    return std::make_unique<tests::MemoryLog>();
  }

 private:
  const FirstLetter partition_;
  std::shared_ptr<const xmpp::Options> xmpp_options_;
  std::shared_ptr<const sip::Options> sip_options_;
  xmpp::Node xmpp_{kShards, std::string(32, 's')};
  sip::Node sip_;
  std::array<std::unique_ptr<base::Prng>, kShards> randoms_;
};

// One node, running.
class RealNode {
 public:
  RealNode(engine::NodeId id, test::Backend backend, uint16_t port_of_other)
      : maker_(id, port_of_other), mesh_({.shards = kShards, .mailbox_capacity = 64}) {
    store.mesh = &mesh_;
    engine::ShardSetOptions options;
    options.io = test::kind_of(backend);
    options.reactor.direct_descriptors = test::direct_descriptors(backend);
    options.net.listeners = {{"127.0.0.1", 0, false}, {"127.0.0.1", 0, false}};
    options.pin = false;
    shards_ = std::make_unique<engine::ShardSet>(options, mesh_, maker_, store, nullptr);
    const base::Status started = shards_->start();
    EXPECT_TRUE(started) << started.error().what;
  }
  ~RealNode() { stop(); }
  void stop() {
    if (shards_ == nullptr) return;
    shards_->drain(base::Duration::seconds(1));
    shards_->join();
    shards_.reset();
  }
  uint16_t xmpp_port() const { return shards_->ports()[0]; }
  uint16_t sip_port() const { return shards_->ports()[1]; }
  NodeStore store;

 private:
  NodeMaker maker_;
  engine::Mesh mesh_;
  std::unique_ptr<engine::ShardSet> shards_;
};

// A socket and what has been read from it.
class Conversation {
 public:
  explicit Conversation(uint16_t port, const char* from = "127.0.0.1") {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Conversation() { ::close(socket_); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(n, 0);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  size_t count(const std::string& what) const {
    size_t found = 0;
    for (size_t at = 0; (at = heard.find(what, at)) != std::string::npos; at += what.size()) {
      ++found;
    }
    return found;
  }
  // Until this has been heard so often.
  bool hears(const std::string& what, size_t times = 1) {
    for (int i = 0; i < kPatience && count(what) < times; ++i) {
      pollfd one{socket_, POLLIN, 0};
      if (::poll(&one, 1, 1) <= 0) continue;
      char buffer[4096];
      const ssize_t n = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n == 0) break;
      if (n > 0) heard.append(buffer, static_cast<size_t>(n));
    }
    return count(what) == times;
  }
  std::string heard;

 private:
  int socket_;
};

std::string sip_request(const std::string& method, const std::string& user, int number,
                        const std::string& type, const std::string& body) {
  const std::string digits = std::to_string(number);
  return method + " sip:" + user + "@here SIP/2.0\r\nVia: SIP/2.0/TCP pc;branch=z9hG4bK" + digits +
         "\r\nFrom: <sip:carol@phones.example>;tag=1\r\nTo: <sip:" + user + "@here>\r\nCall-ID: c" +
         digits + "\r\nCSeq: 1 " + method + "\r\nMax-Forwards: 70\r\nEvent: presence\r\n" +
         "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

struct Nodes : testing::TestWithParam<test::Backend> {
  // Asked by nobody, node 1 never has to reach node 0.
  Nodes() : second(1, GetParam(), 1), first(0, GetParam(), second.sip_port()) {}

  void sign_in(Conversation& at, const std::string& user) {
    std::string auth;
    base::base64_encode('\0' + user + '\0' + "secret", auth);
    at.say(stream_header("here") + "<auth xmlns='" + std::string(kSasl) + "' mechanism='PLAIN'>" +
           auth + "</auth>" + stream_header("here") +
           "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
           "<resource>pc</resource></bind></iq><presence/>");
    ASSERT_TRUE(at.hears("id='bind'")) << at.heard;
  }
  RealNode second;
  RealNode first;
};

TEST_P(Nodes, APeerThatKnowsOneNodeReachesTheUsersOfBoth) {
  constexpr int kUsers = 100;
  std::string all;
  for (int i = 0; i < kUsers; ++i) {
    const std::string user = (i % 2 == 0 ? "a" : "b") + std::to_string(i);
    (i % 2 == 0 ? first : second).store.add_user(user + "@here");
    all += sip_request("PUBLISH", user, i, "application/pidf+xml",
                       "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:" + user +
                           "@here'><tuple id='t'><status><basic>open</basic></status></tuple>"
                           "</presence>");
  }
  second.store.add_user("bob@here");
  Conversation bob(second.xmpp_port());
  sign_in(bob, "bob");
  Conversation peer(first.sip_port(), "127.0.0.9");
  peer.say(all);
  EXPECT_TRUE(peer.hears("SIP/2.0 200 OK\r\n", kUsers)) << peer.heard;
  EXPECT_EQ(peer.count("0000\r\nExpires: "), kUsers / 2) << "tags of node 0";
  EXPECT_EQ(peer.count("0001\r\nExpires: "), kUsers / 2) << "tags of node 1";
  peer.heard.clear();
  peer.say(sip_request("MESSAGE", "bob", kUsers, "text/plain", "across"));
  EXPECT_TRUE(bob.hears("<body>across</body>")) << bob.heard;
  EXPECT_TRUE(peer.hears("SIP/2.0 202 Accepted\r\n")) << peer.heard;
  EXPECT_NE(bob.heard.find("from='carol@phones.example"), std::string::npos);
  second.stop();
  peer.say(sip_request("MESSAGE", "bob", kUsers + 1, "text/plain", "nobody hears this"));
  EXPECT_TRUE(peer.hears("SIP/2.0 503 Service Unavailable\r\n")) << peer.heard;
  peer.say(sip_request("PUBLISH", "a0", kUsers + 2, "text/plain", "no document"));
  EXPECT_TRUE(peer.hears("SIP/2.0 415 ")) << "its own users are served all the same";
}

INSTANTIATE_TEST_SUITE_P(Backends, Nodes, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace sim
