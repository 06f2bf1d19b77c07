#include "appliance/node/node.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "appliance/node/clocks.h"
#include "appliance/node/files.h"
#include "engine/base/hash.h"
#include "engine/memory/jemalloc.h"
#include "engine/trace/log.h"
#include "protocols/gateway/shard_service.h"

namespace appliance {
namespace {

constexpr base::Duration kGoodbye = base::Duration::seconds(5);  // for clients, when we stop
constexpr base::Duration kTicketLife = base::Duration::seconds(86400);

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, number);
  return set;
}

}  // namespace

Node::Node(NodeOptions options)
    : options_(std::move(options)),
      machine_(this_machine()),
      started_(monotonic_now()),
      tickets_(std::make_shared<engine::TicketKeys>()) {
  // Before any thread is made, so that all of them inherit it and only serve() is told.
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  base::set_hash_key(random_);
}

Node::~Node() {
  drain();
  if (journals_ != nullptr) journals_->stop();
  // Requests that are still waiting are answered into the mesh and rung at the shards' reactors,
  // so the store ends while both are there.
  names_.reset();
  archive_.reset();
  store_.reset();
  shards_.reset();
  if (!config_.data.empty()) unlink((config_.data + "/listening").c_str());
  trace::stop_log();
}

void Node::drain() {
  if (shards_ == nullptr || state_.exchange(State::draining) == State::draining) return;
  manager_.stopping();
  TRACE(node, info, "draining", {"connections", shards_->connections()});
  shards_->drain(kGoodbye);
  shards_->join();  // the threads; until the destructor, others may still post to them
  if (admin_ != nullptr) admin_->stop();
  TRACE(node, info, "stopped");
}

void Node::serve() {
  const sigset_t set = handled_signals();
  // Half of what the manager allows, as sd_watchdog_enabled(3) advises.
  const int64_t watchdog_ns = manager_.watchdog().ns / 2;
  base::Instant rotate = monotonic_now() + kTicketLife;
  while (true) {
    const int64_t wait = watchdog_ns > 0 ? std::min(watchdog_ns, kTicketLife.ns) : kTicketLife.ns;
    const timespec timeout{wait / 1000000000, wait % 1000000000};
    const int number = sigtimedwait(&set, nullptr, &timeout);
    if (number == SIGHUP) {
      reload();
    } else if (number == SIGINT || number == SIGTERM) {
      break;
    }
    if (watchdog_ns > 0 && heartbeat_->beat()) manager_.alive();
    if (monotonic_now() >= rotate) {
      tickets_->rotate();
      rotate = monotonic_now() + kTicketLife;
    }
  }
  // From here on a second signal ends us at once: the database is safe at any moment.
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  drain();
}

void Node::stop() { kill(getpid(), SIGTERM); }

std::unique_ptr<engine::Service> Node::make_service(engine::ShardId shard) {
  auto xmpp = std::make_unique<xmpp::Service>(shard, *partition_, xmpp_options_, *xmpp_node_);
  if (sip_options_ == nullptr) return xmpp;
  engine::SecureRandom random;
  auto both = std::make_unique<gateway::ShardService>(
      std::move(xmpp), std::make_unique<sip::Service>(shard, sip_options_, sip_node_, random),
      random);
  gateways_[shard] = both.get();
  return both;
}

std::unique_ptr<base::Random> Node::make_random(engine::ShardId) {
  return std::make_unique<engine::SecureRandom>();
}

void Node::ask(engine::QuestionPtr question) {
  if (question->to == engine::Question::To::names) {
    return names_->ask(std::unique_ptr<engine::NameQuestion>(
        static_cast<engine::NameQuestion*>(question.release())));
  }
  // Everything else that shards ask is a StoreRequest.
  const auto& request = static_cast<const im::StoreRequest&>(*question);
  if (store::ArchiveStore::answers(request.kind)) return archive_->ask(std::move(question));
  store_->ask(std::move(question));
}

std::unique_ptr<engine::Log> Node::make_log(engine::ShardId shard, engine::Reactor& reactor,
                                            std::vector<engine::JournalEntry>& recovered) {
  return journals_->hand_over(shard, reactor, recovered);
}

void Node::apply_trace(const TraceConfig& trace) {
  for (size_t i = 0; i < trace.components.size(); ++i) {
    const uint8_t own = trace.components[i];
    trace::set_level(static_cast<trace::Component>(i),
                     own == kUnset ? trace.level : static_cast<trace::Level>(own - 1));
  }
}

}  // namespace appliance
