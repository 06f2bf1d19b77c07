// One user, four connections, each accepted on a shard that is not hers: all four move to her shard
// while people write to them and while what they say themselves is already under way behind
// <auth/>. No stanza may be lost, doubled or reordered.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/sim/client.h"
#include "tests/sim/order.h"
#include "tests/sim/world.h"

namespace sim {
namespace {

constexpr engine::ShardId kShards = 5;
constexpr size_t kConnections = 4;

class Moving : public testing::TestWithParam<uint64_t> {
 protected:
  static WorldOptions options() {
    WorldOptions options;
    options.seed = GetParam();
    options.shards = kShards;
    options.im.sessions_per_user_max = 8;
    base::Prng dice(GetParam());
    options.weather.cut_percent = static_cast<uint32_t>(dice.below(60));
    options.weather.delay_us_max = static_cast<uint32_t>(1 + dice.below(30000));
    options.weather.short_send_percent = static_cast<uint32_t>(dice.below(50));
    options.weather.starve_percent = static_cast<uint32_t>(dice.below(10));
    options.stall_percent = static_cast<uint32_t>(dice.below(30));
    if (dice.below(2) == 0) options.mailbox_capacity = 4;
    return options;
  }

  Moving() : world(options()) {
    // A writer on every shard, so that mail comes over every border.
    for (engine::ShardId shard = 0; shard < kShards; ++shard) {
      std::string name;
      do name = "writer" + std::to_string(names++);
      while (world.owner(name + "@" + world.domain()) != shard);
      writers.push_back(&join(name, "w", {}));
    }
    world.add_user("anna", "secret");
  }

  Client& make(const std::string& user, const std::string& resource, ClientOptions options) {
    options.user = user;
    options.domain = world.domain();
    options.password = "secret";
    options.resource = resource;
    clients.push_back(
        std::make_unique<Client>(world.network(), world.clock(), world.random(), options));
    return *clients.back();
  }

  Client& join(const std::string& user, const std::string& resource, ClientOptions options) {
    world.add_user(user, "secret");
    Client& client = make(user, resource, std::move(options));
    EXPECT_TRUE(client.connect());
    world.run_for(base::Duration::seconds(1));
    EXPECT_TRUE(client.online());
    client.set_presence("", "s0", 0);
    return client;
  }

  std::string next_body() { return "m" + std::to_string(sent++); }

  // Everybody writes to every connection of hers, and each of them to one of the writers.
  void write() {
    for (Client* writer : writers) {
      for (size_t i = 0; i < kConnections; ++i) {
        const std::string body = next_body();
        writer->send_message(anna + "/c" + std::to_string(i), body);
        ++to_anna;
      }
    }
    for (size_t i = 0; i < connections.size(); ++i) {
      if (!connections[i]->online()) continue;
      connections[i]->send_message(writers[i]->bare(), next_body());
      ++to_writers;
    }
  }

  void write_for(base::Duration duration) {
    const base::Instant end = world.clock().now() + duration;
    while (world.clock().now() < end) {
      write();
      world.run_for(base::Duration::milliseconds(20));
    }
  }

  Clients all() const {
    Clients out;
    for (const auto& client : clients) out.push_back(client.get());
    return out;
  }

  World world;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Client*> writers;
  std::vector<Client*> connections;
  const std::string anna = "anna@sim.example";
  int names = 0;
  uint64_t sent = 0;
  size_t to_anna = 0;
  size_t to_writers = 0;
};

TEST_P(Moving, FourConnectionsOfOneUserASecondApartLoseAndReorderNothing) {
  using trace::Counter;
  const engine::ShardId owner = world.owner(anna);
  const uint64_t moved = trace::total(Counter::xmpp_streams_moved);
  const uint64_t out = trace::total(Counter::handovers_out);
  const uint64_t in = trace::total(Counter::handovers_in);
  for (size_t i = 0; i < kConnections; ++i) {
    ClientOptions options;
    options.headlong = true;
    options.stream_management = i % 2 == 0;
    options.shard = static_cast<int>((owner + 1 + i) % kShards);
    ASSERT_NE(options.shard, owner);
    Client& connection = make("anna", "c" + std::to_string(i), options);
    connection.ahead_status = "s" + std::to_string(i + 1);
    for (int k = 0; k < 30; ++k) {
      connection.ahead.push_back({writers[i]->bare(), next_body()});
      ++to_writers;
    }
    connections.push_back(&connection);
    ASSERT_TRUE(connection.connect());
    write_for(base::Duration::seconds(1));
    // In bad weather a login takes longer than that now and then.
    for (int i = 0; i < 4 && !connection.online(); ++i) write_for(base::Duration::seconds(1));
    ASSERT_TRUE(connection.online());
    EXPECT_EQ(trace::total(Counter::xmpp_streams_moved), moved + i + 1) << "it did not move";
  }
  write_for(base::Duration::seconds(1));
  world.calm();
  world.run_for(base::Duration::seconds(5));

  EXPECT_EQ(trace::total(Counter::handovers_out), out + kConnections);
  EXPECT_EQ(trace::total(Counter::handovers_in), in + kConnections);
  EXPECT_EQ(world.service(owner).session_count(), kConnections + 1) << "hers and one writer's";
  EXPECT_EQ(check_arrival_order(all()), "");
  EXPECT_EQ(check_delivery_order(all()), "");
  EXPECT_EQ(check_presence_order(all()), "");
  size_t hers = 0;
  size_t theirs = 0;
  std::set<std::string> bodies;
  for (const Client* client : all()) {
    EXPECT_EQ(client->trouble, "");
    EXPECT_TRUE(client->bounced.empty());
    (client->bare() == anna ? hers : theirs) += client->messages.size();
    for (const Received& message : client->messages) bodies.insert(message.body);
  }
  EXPECT_EQ(hers, to_anna);
  EXPECT_EQ(theirs, to_writers);
  EXPECT_EQ(bodies.size(), sent) << "one of them came twice, another never";
}

INSTANTIATE_TEST_SUITE_P(Seeds, Moving, testing::Range<uint64_t>(1, 31));

}  // namespace
}  // namespace sim
