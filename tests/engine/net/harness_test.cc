// The body of the harness; in a file of this name because tests are found by it.
#include "tests/engine/net/harness.h"

#include <cstring>
#include <utility>

namespace test {

namespace {

std::unique_ptr<engine::Reactor> make(const HarnessOptions& options) {
  engine::ReactorLimits limits = options.reactor;
  if (limits.direct_descriptors == 0) {
    limits.direct_descriptors = direct_descriptors(options.backend);
  }
  limits.datagram_buffers = options.net.datagrams_per_turn;
  auto made = engine::make_reactor(kind_of(options.backend), limits);
  EXPECT_TRUE(made) << made.error().what;
  return std::move(made->reactor);
}

struct CallTask final : engine::Task {
  explicit CallTask(std::function<void(engine::Shard&)> what) : call(std::move(what)) {}
  void run(engine::Shard& shard) override { call(shard); }
  std::function<void(engine::Shard&)> call;
};

}  // namespace

void LinePeer::on_bytes(base::Bytes in, engine::Turn& turn) {
  events_.received.append(in);
  unfinished_.append(in);
  for (size_t end = unfinished_.find('\n'); end != std::string::npos;
       end = unfinished_.find('\n')) {
    const std::string line = unfinished_.substr(0, end);
    unfinished_.erase(0, end + 1);
    obey(line, turn);
  }
}

void LinePeer::obey(const std::string& line, engine::Turn& turn) {
  const auto number = [&line] { return std::stoul(line.substr(line.find(' '))); };
  if (line.starts_with("flood ")) {
    turn.out.send(connection_, std::string(number(), 'x'));
  } else if (line.starts_with("mail ")) {
    for (size_t i = number(); i > 0; --i) {
      auto envelope = engine::make_envelope(sizeof connection_);
      std::memcpy(envelope->data(), &connection_, sizeof connection_);
      envelope->to = turn.shard;
      turn.out.mail(std::move(envelope));
    }
  } else if (line.starts_with("move ")) {
    turn.out.move(connection_, static_cast<engine::ShardId>(number()));
  } else if (line == "starttls") {
    turn.out.send(connection_, "proceed\n");
    turn.out.start_tls(connection_);
    unfinished_.clear();
  } else if (line == "pause") {
    turn.out.pause(connection_);
  } else if (line == "sent") {
    turn.out.notify_sent(connection_);
  } else if (line == "close") {
    turn.out.close(connection_);
  } else if (line == "abort") {
    turn.out.abort(connection_);
  } else {
    turn.out.send(connection_, line + "\n");
  }
}

void LinePeer::on_moved(engine::ConnectionId connection, engine::Turn& turn) {
  connection_ = connection;
  turn.out.send(connection_, "on " + std::to_string(turn.shard) + "\n");
}

void LineService::on_datagram(const engine::Datagram& datagram, engine::Turn& turn) {
  base::Sink text = std::to_string(datagram.listener) + " ";
  base::append_address(datagram.remote, text);
  events_.datagrams.push_back(text.append(" ").append(datagram.bytes));
  turn.out.begin_datagram(datagram.listener, datagram.remote)
      .append(datagram.bytes)
      .append(datagram.bytes);
  turn.out.end_datagram();
}

void LineService::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  engine::ConnectionId connection;
  std::memcpy(&connection, mail.payload().data(), sizeof connection);
  turn.out.send(connection, "letter\n");
}

Harness::One::One(Harness& harness, engine::ShardId id)
    : random(id),
      reactor(make(harness.options)),
      service(harness.events),
      shard(id, reactor, harness.mesh_, random, harness.nobody_),
      network(shard, harness.options.net, harness.shared_, harness.options.tls) {
  shard.attach(service, network, log);
  reactor.out_of_descriptors = harness.options.out_of_descriptors;
}

Harness::Harness(HarnessOptions wanted)
    : options(std::move(wanted)), mesh_({.shards = options.shards}), shared_(options.net) {
  if (options.net.listeners.empty()) options.net.listeners = {{"127.0.0.1", 0, false}};
  for (engine::ShardId id = 0; id < options.shards; ++id) {
    shards_.push_back(std::make_unique<One>(*this, id));
    // Only the first listens: tests know where a connection begins.
    if (id > 0) continue;
    const base::Status status = shards_[0]->network.listen(ports_);
    EXPECT_TRUE(status) << status.error().what;
  }
  turn();
}

Harness::~Harness() {
  for (engine::ShardId id = 0; id < shards_.size(); ++id) {
    on_shard(id, [](engine::Shard& shard) { shard.drain({}); });
  }
  skip(base::Duration::seconds(1));
  EXPECT_TRUE(until([this] { return connections() == 0; })) << connections() << " left";
  EXPECT_EQ(shared_.connections.load(), 0);
  EXPECT_EQ(shared_.sources.sources(), 0u);
  for (const auto& one : shards_) {
    EXPECT_EQ(one->network.queued_bytes(), 0u);
    EXPECT_EQ(one->network.handshakes(), 0u);
  }
}

size_t Harness::connections() const {
  size_t sum = 0;
  for (const auto& one : shards_) sum += one->network.connections();
  return sum;
}

void Harness::turn() {
  for (const auto& one : shards_) one->shard.turn();
}

bool Harness::until(const std::function<bool()>& done, int turns) {
  for (int i = 0; i < turns; ++i) {
    if (done()) return true;
    turn();
    if (i > 200) ::poll(nullptr, 0, 1);  // loopback needs the other core now and then
  }
  return done();
}

std::string Harness::read(Client& client, size_t length) {
  std::string got;
  until([&] {
    if (got.size() < length) got += client.take();
    return got.size() >= length || client.ended();
  });
  return got;
}

std::string Harness::exchange(Client& client, const std::string& text, size_t answer_length) {
  EXPECT_TRUE(client.send(text));
  return read(client, answer_length);
}

void Harness::skip(base::Duration time) {
  for (const auto& one : shards_) one->reactor.ahead = one->reactor.ahead + time;
  for (int i = 0; i < 3; ++i) turn();
}

void Harness::on_shard(engine::ShardId id, std::function<void(engine::Shard&)> what) {
  engine::TaskPtr task = std::make_unique<CallTask>(std::move(what));
  EXPECT_TRUE(mesh_.post(id, task));
  turn();
}

}  // namespace test
