// The same as moving_test.cc on real shards: threads, TCP on loopback, the kernel's own choice of
// who accepts. Four connections of one user, a second apart, each of which moves, with its first
// stanzas under way behind <auth/>, while people write to those that are there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "engine/base/base64.h"
#include "engine/net/shard_set.h"
#include "engine/shard/hash_partition.h"
#include "engine/trace/counters.h"
#include "protocols/xmpp/service.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/loopback.h"
#include "tests/sim/client_namespaces.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_store.h"

namespace sim {
namespace {

using trace::Counter;

constexpr engine::ShardId kShards = 4;

// The store of all shards: answers in the thread that asks.
class SharedStore final : public engine::Answerer {
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

class Maker final : public engine::ShardMaker {
 public:
  Maker() {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"here"};
    im_options->sessions_per_user_max = 100;
    auto options = std::make_shared<xmpp::Options>();
    options->im = im_options;
    options->listeners = {{.tls = xmpp::TlsMode::off, .sasl_without_tls = true}};
    options_ = options;
  }
  std::unique_ptr<engine::Service> make_service(engine::ShardId shard) override {
    return std::make_unique<xmpp::Service>(shard, partition, options_, node_);
  }
  std::unique_ptr<base::Random> make_random(engine::ShardId shard) override {
    return std::make_unique<base::Prng>(shard + 1);
  }
  std::unique_ptr<engine::Log> make_log(engine::ShardId, engine::Reactor&,
                                        std::vector<engine::JournalEntry>&) override {
    return std::make_unique<tests::MemoryLog>();
  }
  const engine::HashPartition partition{kShards};

 private:
  std::shared_ptr<const xmpp::Options> options_;
  xmpp::Node node_{kShards, std::string(32, 's')};
};

struct Message {
  std::string from;
  uint64_t number = 0;
};

// Says everything up to its first stanzas at once.
class Person {
 public:
  Person(uint16_t port, const std::string& user, const std::string& resource,
         const std::string& first_stanzas)
      : full(user + "@here/" + resource), socket_(port) {
    std::string auth;
    base::base64_encode('\0' + user + '\0' + "secret", auth);
    socket_.send(stream_header("here"));
    socket_.send("<auth xmlns='" + std::string(kSasl) + "' mechanism='PLAIN'>" + auth + "</auth>" +
                 stream_header("here") +
                 "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                 "<resource>" +
                 resource + "</resource></bind></iq><presence/>" + first_stanzas);
  }
  void say(const std::string& xml) { socket_.send(xml); }
  void listen() {
    unread_ += socket_.take();
    bound_ = bound_ || unread_.find("id='bind'") != std::string::npos;
    size_t end;
    while ((end = unread_.find("</message>")) != std::string::npos) {
      const size_t begin = unread_.find("<message ");
      heard.push_back(read(unread_.substr(begin, end - begin)));
      unread_.erase(0, end);
      unread_.erase(0, std::string("</message>").size());
    }
  }
  bool bound() const { return bound_; }
  bool ended() const { return socket_.ended(); }
  const std::string full;
  std::vector<Message> heard;

 private:
  static Message read(const std::string& xml) {
    const auto between = [&](const std::string& open, char close) {
      const size_t at = xml.find(open) + open.size();
      return xml.substr(at, xml.find(close, at) - at);
    };
    EXPECT_EQ(xml.find("type='error'"), std::string::npos) << xml;
    return {between("from='", '\''), std::strtoull(between("<body>", '<').c_str(), nullptr, 10)};
  }
  test::Client socket_;
  std::string unread_;
  bool bound_ = false;
};

class Sockets : public testing::TestWithParam<test::Backend> {
 protected:
  Sockets() : mesh_({.shards = kShards, .mailbox_capacity = 16}) {
    store_.mesh = &mesh_;
    engine::ShardSetOptions options;
    options.io = test::kind_of(GetParam());
    options.reactor.direct_descriptors = test::direct_descriptors(GetParam());
    options.net.listeners = {{"127.0.0.1", 0, false}};
    options.net.receive_bytes_per_turn = 512;  // so that bytes are carried over, too
    options.pin = false;
    shards_ = std::make_unique<engine::ShardSet>(options, mesh_, maker_, store_, nullptr);
  }
  void TearDown() override {
    shards_->drain(base::Duration::seconds(1));
    shards_->join();
  }

  std::unique_ptr<Person> join(const std::string& user, const std::string& resource,
                               const std::string& first_stanzas) {
    auto person = std::make_unique<Person>(shards_->ports()[0], user, resource, first_stanzas);
    for (int i = 0; i < 5000 && !person->bound(); ++i) pause(*person);
    EXPECT_TRUE(person->bound());
    return person;
  }
  static void pause(Person& person) {
    ::poll(nullptr, 0, 1);
    person.listen();
  }
  static std::string message(const std::string& to, uint64_t number) {
    return "<message type='chat' to='" + to + "'><body>" + std::to_string(number) +
           "</body></message>";
  }

  // A connection of hers that was accepted elsewhere and moved. Others are left as they are: what
  // they said must arrive as well.
  std::unique_ptr<Person> join_moving() {
    for (int i = 0; i < 60; ++i) {
      std::string first;
      for (int k = 0; k < 40; ++k) first += message(writers_[0]->full, ++number_);
      expected_[writers_[0]->full] += 40;
      const uint64_t moves = trace::total(Counter::handovers_in);
      auto person = join("anna", "c" + std::to_string(connections_++), first);
      if (trace::total(Counter::handovers_in) == moves + 1) return person;
      stayed_.push_back(std::move(person));
    }
    ADD_FAILURE() << "none of them moved";
    return nullptr;
  }

  void converse(int milliseconds) {
    for (int i = 0; i < milliseconds; ++i) {
      for (auto& person : moved_) {
        for (auto& writer : writers_) writer->say(message(person->full, ++number_));
        expected_[person->full] += writers_.size();
        person->say(message(writers_[i % writers_.size()]->full, ++number_));
        ++expected_[writers_[i % writers_.size()]->full];
      }
      ::poll(nullptr, 0, 1);
      listen();
    }
  }
  void listen() {
    for (auto* group : {&moved_, &writers_, &stayed_}) {
      for (auto& person : *group) person->listen();
    }
  }
  // How many of what was sent have not been heard.
  size_t missing() {
    size_t sum = 0;
    for (auto* group : {&moved_, &writers_}) {
      for (auto& person : *group) sum += expected_[person->full] - person->heard.size();
    }
    return sum;
  }

  SharedStore store_;
  Maker maker_;
  engine::Mesh mesh_;
  std::unique_ptr<engine::ShardSet> shards_;
  std::vector<std::unique_ptr<Person>> moved_;
  std::vector<std::unique_ptr<Person>> writers_;
  std::vector<std::unique_ptr<Person>> stayed_;
  std::map<std::string, size_t> expected_;
  uint64_t number_ = 0;
  int connections_ = 0;
};

TEST_P(Sockets, FourConnectionsOfOneUserThatMoveLoseAndReorderNothing) {
  const base::Status started = shards_->start();
  ASSERT_TRUE(started) << started.error().what;
  store_.add_user("anna@here");
  for (int i = 0; i < 3; ++i) {
    const std::string user = "writer" + std::to_string(i);
    store_.add_user(user + "@here");
    writers_.push_back(join(user, "w", ""));
  }
  const uint64_t moves = trace::total(Counter::xmpp_streams_moved);
  for (int i = 0; i < 4; ++i) {
    moved_.push_back(join_moving());
    ASSERT_NE(moved_.back(), nullptr);
    converse(1000);
  }
  for (int i = 0; i < 5000 && missing() > 0; ++i) {
    ::poll(nullptr, 0, 1);
    listen();
  }
  EXPECT_EQ(trace::total(Counter::xmpp_streams_moved), moves + 4);
  for (auto* group : {&moved_, &writers_}) {
    for (auto& person : *group) {
      EXPECT_FALSE(person->ended());
      EXPECT_EQ(person->heard.size(), expected_[person->full]) << person->full;
      std::map<std::string, uint64_t> last;
      for (const Message& message : person->heard) {
        EXPECT_GT(message.number, last[message.from]) << "from " << message.from;
        last[message.from] = message.number;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Sockets, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace sim
