#include "tests/protocols/xmpp/support/fake_node.h"

#include <utility>

#include "engine/base/check.h"

namespace xmpp_test {

namespace {

// A shard's log, which is not the code under test.
class OutsideJournal final : public engine::Journal {
 public:
  OutsideJournal(engine::Journal& journal, const std::function<void(bool)>& within)
      : journal_(journal), within_(within) {}

  void put(engine::JournalKey key, base::Bytes bytes) override {
    outside([&] { journal_.put(key, bytes); });
  }
  void note(engine::JournalKey key, base::Bytes bytes) override {
    outside([&] { journal_.note(key, bytes); });
  }
  void erase(engine::JournalKey key) override {
    outside([&] { journal_.erase(key); });
  }
  void feed(uint8_t kind, base::Bytes bytes) override {
    outside([&] { journal_.feed(kind, bytes); });
  }
  bool holds(engine::JournalKey key) const override { return journal_.holds(key); }
  Position fed_to() override { return journal_.fed_to(); }
  Position appended() const override { return journal_.appended(); }
  Position committed() const override { return journal_.committed(); }
  uint64_t epoch() const override { return journal_.epoch(); }
  bool accepting() const override { return journal_.accepting(); }

 private:
  template <class Call>
  void outside(Call call) {
    if (within_) within_(false);
    call();
    if (within_) within_(true);
  }

  engine::Journal& journal_;
  const std::function<void(bool)>& within_;
};

}  // namespace

engine::Owner FakePartition::owner(base::Bytes bare_jid) const {
  const auto found = owners.find(bare_jid);
  return {0, found == owners.end() ? engine::ShardId{0} : found->second};
}

xmpp::Options default_options() {
  auto im = std::make_shared<im::Options>();
  im->domains = {"localhost", "example.org"};
  xmpp::Options options;
  options.im = im;
  options.listeners.resize(4);
  options.listeners[1] = {xmpp::TlsMode::optional, false, true};
  options.listeners[2] = {xmpp::TlsMode::required, true, false};
  options.listeners[3] = {xmpp::TlsMode::off, false, false};
  options.scram_iterations = 4;   // what the memory store uses
  options.version = "test";
  return options;
}

FakeNode::FakeNode(engine::ShardId shards, xmpp::Options options)
    : partition(shards), node_(shards, "a secret of thirty-two octets...") {
  const auto shared = std::make_shared<const xmpp::Options>(std::move(options));
  for (engine::ShardId i = 0; i < shards; ++i) {
    auto shard = std::make_unique<Shard>();
    shard->wheel = std::make_unique<engine::Wheel>(now);
    shard->random = std::make_unique<base::Prng>(i + 1);
    shard->service = std::make_unique<xmpp::Service>(i, partition, shared, node_);
    shard->log.consumer = &store.archive();
    shards_.push_back(std::move(shard));
  }
  add_user("alice@localhost", "wonderland");
  add_user("bob@localhost", "builder");
}

FakeNode::~FakeNode() { connections_.clear(); }

void FakeNode::add_user(base::Bytes user, base::Bytes password) {
  im::StoreRequest request;
  request.kind = im::StoreKind::create_account;
  request.user = user;
  request.text = password;
  store.answer(request);
  CHECK(request.status == im::StoreStatus::ok);
}

void FakeNode::commit(engine::ShardId shard) {
  shards_[shard]->log.commit();
  run(shard, [&](engine::Turn& turn) { shards_[shard]->service->on_committed(turn); });
  settle();
}

void FakeNode::start_after(FakeNode& crashed) {
  store = std::move(crashed.store);
  now = crashed.now;
  for (engine::ShardId i = 0; i < shards_.size(); ++i) {
    shards_[i]->wheel->advance(now);
    shards_[i]->log.starts = crashed.log(i).starts + 1;
    std::vector<engine::JournalEntry> entries = crashed.log(i).recovered();
    for (const engine::JournalEntry& entry : entries) {
      shards_[i]->log.put(entry.key, entry.bytes);
      if (!entry.note.empty()) shards_[i]->log.note(entry.key, entry.note);
    }
    if (entries.empty()) continue;
    run(i, [&](engine::Turn& turn) {
      shards_[i]->service->on_recovered(std::move(entries), turn);
    });
  }
  settle();
}

void FakeNode::set_options(xmpp::Options options) {
  const auto shared = std::make_shared<const xmpp::Options>(std::move(options));
  for (auto& shard : shards_) shard->service->set_options(shared);
}

void FakeNode::run(engine::ShardId index, const std::function<void(engine::Turn&)>& callback) {
  Shard& shard = *shards_[index];
  OutsideJournal journal(shard.log, within);
  engine::Turn turn{.now = now,
                    .wall = {1'700'000'000'000'000 + now.ns / 1000},
                    .shard = index,
                    .out = shard.out,
                    .timers = *shard.wheel,
                    .journal = journal,
                    .random = *shard.random};
  if (within) within(true);
  callback(turn);
  if (within) within(false);
  carry_out(index, shard.out);
}

void FakeNode::settle() {
  if (std::exchange(settling_, true)) return;
  while (!events_.empty()) {
    const auto event = std::move(events_.front());
    events_.pop_front();
    event();
  }
  settling_ = false;
}

void FakeNode::carry_out(engine::ShardId shard, engine::Outbox& out) {
  using engine::EffectKind;
  for (const engine::Effect& effect : out.effects()) {
    if (effect.kind == EffectKind::mail) {
      std::shared_ptr<engine::Envelope> mail(out.take_mail(effect).release(),
                                             engine::EnvelopeDelete());
      events_.emplace_back([this, mail] {
        run(mail->to, [&](engine::Turn& turn) {
          shards_[mail->to]->service->on_mail(*mail, turn);
        });
      });
      continue;
    }
    if (effect.kind == EffectKind::ask) {
      ask(shard, out.take_question(effect));
      continue;
    }
    Connection* connection = find(shard, effect.connection);
    if (connection == nullptr) continue;
    switch (effect.kind) {
      case EffectKind::send:
        connection->sent.append(out.bytes(effect));
        break;
      case EffectKind::start_tls:
        connection->securing = true;
        break;
      case EffectKind::close:
      case EffectKind::abort:
        events_.emplace_back(
            [this, connection] { finish(*connection, engine::CloseReason::by_us); });
        break;
      case EffectKind::move: {
        connection->moving = true;
        const engine::ShardId to = effect.shard;
        events_.emplace_back([this, connection, to] {
          if (connection->closed) return;
          connection->shard = to;
          connection->id.generation = next_generation_++;
          connection->moving = false;
          run(to, [&](engine::Turn& t) { connection->peer->on_moved(connection->id, t); });
          if (!connection->paused && !connection->waiting.empty() && !connection->closed) {
            const std::string bytes = std::exchange(connection->waiting, {});
            run(to, [&](engine::Turn& t) { connection->peer->on_bytes(bytes, t); });
          }
        });
        break;
      }
      case EffectKind::pause:
        connection->paused = true;
        break;
      case EffectKind::resume:
        connection->paused = false;
        events_.emplace_back([this, connection] {
          if (connection->paused || connection->closed || connection->waiting.empty()) return;
          const std::string bytes = std::exchange(connection->waiting, {});
          run(connection->shard, [&](engine::Turn& t) { connection->peer->on_bytes(bytes, t); });
        });
        break;
      case EffectKind::notify_sent:
        events_.emplace_back([this, connection] {
          if (connection->closed) return;
          run(connection->shard, [&](engine::Turn& t) { connection->peer->on_sent(t); });
        });
        break;
      default:
        CHECK(false);
    }
  }
  out.clear();
}

void FakeNode::ask(engine::ShardId shard, engine::QuestionPtr question) {
  ++asked;
  // A std::function must be copyable, hence shared; everything the services ask is of this kind.
  std::shared_ptr<im::StoreRequest> request(static_cast<im::StoreRequest*>(question.release()));
  // The store sees questions in the order asked; only the answer may be late.
  store.answer(*request);
  if (fail_store) request->status = im::StoreStatus::failed;
  auto answer = [this, shard, request] {
    auto owned = std::make_unique<im::StoreRequest>(std::move(*request));
    run(shard, [&](engine::Turn& turn) {
      shards_[shard]->service->on_answer(std::move(owned), turn);
    });
  };
  (hold_store ? held_answers_ : events_).emplace_back(answer);
}

void FakeNode::release_store() {
  for (auto& answer : held_answers_) events_.push_back(std::move(answer));
  held_answers_.clear();
  settle();
}

FakeNode::Connection* FakeNode::find(engine::ShardId shard, engine::ConnectionId id) {
  for (auto& connection : connections_) {
    if (!connection->closed && connection->shard == shard && connection->id == id) {
      return connection.get();
    }
  }
  return nullptr;
}

FakeNode::Client FakeNode::connect(uint16_t listener, engine::ShardId shard) {
  auto connection = std::make_unique<Connection>();
  connection->shard = shard;
  connection->id = {static_cast<uint32_t>(connections_.size()), next_generation_++};
  Connection* raw = connection.get();
  connections_.push_back(std::move(connection));
  run(shard, [&](engine::Turn& turn) {
    engine::Accepted how;
    how.connection = raw->id;
    how.listener = listener;
    how.remote_address = "192.0.2.1";
    raw->peer = shards_[shard]->service->accept(how, turn);
    raw->closed = raw->peer == nullptr;
  });
  settle();
  return connections_.size() - 1;
}

void FakeNode::send(Client client, base::Bytes bytes) {
  Connection& connection = *connections_[client];
  if (connection.closed) return;
  if (connection.paused || connection.moving) {
    connection.waiting.append(bytes);
  } else {
    // An exact-fit block, so that a byte read too far is seen by the sanitizer.
    const std::unique_ptr<char[]> block(new char[bytes.size()]);
    bytes.copy(block.get(), bytes.size());
    run(connection.shard, [&](engine::Turn& turn) {
      connection.peer->on_bytes({block.get(), bytes.size()}, turn);
    });
  }
  settle();
}

std::string FakeNode::take(Client client) { return std::exchange(connections_[client]->sent, {}); }

void FakeNode::secure(Client client, uint16_t version, base::Bytes exporter,
                      base::Bytes end_point) {
  Connection& connection = *connections_[client];
  connection.securing = false;
  run(connection.shard, [&](engine::Turn& turn) {
    engine::TlsFacts facts;
    facts.version = version;
    facts.exporter = exporter;
    facts.server_end_point = end_point;
    connection.peer->on_secured(facts, turn);
  });
  settle();
}

void FakeNode::finish(Connection& connection, engine::CloseReason reason) {
  if (connection.closed) return;
  run(connection.shard,
      [&](engine::Turn& turn) { connection.peer->on_closed(reason, turn); });
  connection.closed = true;
  connection.peer.reset();
}

void FakeNode::drop(Client client, engine::CloseReason reason) {
  finish(*connections_[client], reason);
  settle();
}

void FakeNode::congest(Client client, bool congested) {
  Connection& connection = *connections_[client];
  run(connection.shard,
      [&](engine::Turn& turn) { connection.peer->on_congestion(congested, turn); });
  settle();
}

void FakeNode::advance(base::Duration by) {
  const base::Instant target = now + by;
  while (now < target) {
    now = now + base::Duration::milliseconds(100);
    for (engine::ShardId i = 0; i < shards_.size(); ++i) {
      shards_[i]->wheel->advance(now);
      while (engine::Timer* timer = shards_[i]->wheel->pop_due()) {
        run(i, [&](engine::Turn& turn) { timer->fire(turn); });
      }
      settle();
    }
  }
}

void FakeNode::shut_down() {
  for (engine::ShardId i = 0; i < shards_.size(); ++i) {
    run(i, [&](engine::Turn& turn) { shards_[i]->service->on_shutdown(turn); });
  }
  settle();
}

void FakeNode::kick(base::Bytes full_jid) {
  for (engine::ShardId i = 0; i < shards_.size(); ++i) {
    run(i, [&](engine::Turn& turn) { shards_[i]->service->kick(full_jid, turn); });
  }
  settle();
}

}  // namespace xmpp_test
