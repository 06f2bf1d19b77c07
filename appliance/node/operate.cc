// The node under its operator's hands: Control's members. Admin thread, but for reload().
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "appliance/node/clocks.h"
#include "appliance/node/node.h"
#include "appliance/node/on_shards.h"
#include "appliance/node/presence_sight.h"
#include "engine/memory/jemalloc.h"
#include "engine/trace/openmetrics.h"

namespace appliance {
namespace {

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

const char* tls_word(const xmpp::ListenerOptions& options) {
  if (options.direct_tls) return "direct";
  switch (options.tls) {
    case xmpp::TlsMode::required:
      return "required";
    case xmpp::TlsMode::optional:
      return "optional";
    case xmpp::TlsMode::off:
      break;
  }
  return "off";
}

SessionRow copy_of(const xmpp::SessionFacts& facts, engine::ShardId shard) {
  return {.jid = std::string(facts.jid),
          .address = std::string(facts.remote_address),
          .mechanism = std::string(facts.mechanism),
          .tls = std::string(facts.tls),
          .stream_management = std::string(facts.stream_management),
          .since = facts.since.seconds(),
          .unacked = facts.unacked,
          .priority = facts.priority,
          .shard = shard,
          .available = facts.available,
          .inactive = facts.inactive};
}

SipPeerRow row_of(const sip::TrunkPeer& peer) {
  return {.peer = std::string(peer.name()),
          .transport = peer.tls         ? "tls"
                       : peer.datagrams ? "udp"
                                        : "tcp",
          .address = "",
          .state = "idle",
          .publishes = peer.publishes,
          .watches = peer.watches,
          .proxied = peer.wrong_node == sip::WrongNode::proxy};
}

// Gathered by the shards one after another or at once; outlives a waiter who gave up.
template <class T>
struct Gathered {
  std::mutex mutex;
  T value{};
};

const base::Error kNoAnswer{"a shard did not answer in time; the log says what it is doing"};

}  // namespace

std::string Node::admin_socket() const {
  return config_.admin.socket.empty() ? config_.data + "/admin.sock" : config_.admin.socket;
}

std::vector<ListeningOn> Node::listening() {
  std::vector<ListeningOn> all;
  for (size_t i = 0; i < config_.listeners.size(); ++i) {
    const ListenerConfig& listener = config_.listeners[i];
    all.push_back({listener.options.direct_tls ? "xmpps" : "xmpp", listener.address,
                   shards_->ports().at(i), tls_word(listener.options)});
  }
  const size_t first = config_.listeners.size();
  const std::vector<SipListener> sip = sip_listeners(config_.sip);
  for (size_t i = 0; i < sip.size(); ++i) {
    static constexpr const char* kNames[] = {"sip-udp", "sip-tcp", "sips", "sips-mutual"};
    const bool tls = sip[i].kind >= sip::ListenerKind::tls;
    all.push_back({kNames[static_cast<size_t>(sip[i].kind)], config_.sip.address,
                   shards_->ports().at(first + i), tls ? "direct" : "off"});
  }
  if (metrics_port_ != 0) {
    all.push_back({"http", config_.admin.metrics_address, metrics_port_, "off"});
  }
  return all;
}

std::vector<std::string> Node::warnings() {
  std::vector<std::string> all = start_warnings_;
  for (size_t i = 0; i < config_.listeners.size(); ++i) {
    const xmpp::ListenerOptions& options = config_.listeners[i].options;
    const std::string where = "the listener on port " + std::to_string(shards_->ports().at(i));
    if (options.tls != xmpp::TlsMode::required) {
      all.push_back(where + " does not require TLS: for tests and benchmarks only");
    }
    if (options.sasl_without_tls) {
      all.push_back(where + " takes logins without TLS: passwords can be read on the network");
    }
  }
  if (config_.xmpp.registration) all.emplace_back("anybody can create accounts (XEP-0077)");
  if (config_.admin.metrics && config_.admin.metrics_anywhere) {
    all.emplace_back("the metrics can be read from other machines");
  }
  constexpr int64_t kSoonDays = 30;
  if (const int64_t days = certificate_days_left(); days < kSoonDays) {
    all.push_back("a certificate expires in " + std::to_string(days) +
                  " days; a self-signed one is renewed by reload");
  }
  return all;
}

int64_t Node::certificate_days_left() {
  const int64_t left =
      certificates_.contexts.servers[kXmppTls]->first_expiry().seconds() - wall_now().seconds();
  return left / 86400;
}

// Shards that drain may end before they take another task, so nobody waits for them.
bool Node::on_all(const ShardWork& work) {
  return state_.load() != State::draining && run_on_all(*shards_, shard_count_, work);
}

int64_t Node::sessions_now() {
  auto gathered = std::make_shared<Gathered<int64_t>>();
  const bool answered = on_all([this, gathered](engine::Shard& shard) {
    const std::lock_guard<std::mutex> lock(gathered->mutex);
    gathered->value += xmpp_node_->services[shard.id()]->session_count();
  });
  const std::lock_guard<std::mutex> lock(gathered->mutex);
  return answered ? gathered->value : -1;
}

NodeStatus Node::status() {
  NodeStatus status;
  status.sessions = sessions_now();
  const std::lock_guard<std::mutex> lock(mutex_);
  const State state = state_.load();
  status.version = ROLLCALL_VERSION;
  status.state = state == State::draining  ? "draining"
                 : state == State::running ? "running"
                                           : "starting";
  status.uptime_seconds = (monotonic_now() - started_).whole_seconds();
  status.profile = profile_->name;
  status.shards = shard_count_;
  status.io = shards_->io_name();
  status.domains = config_.domains;
  status.listening = listening();
  status.warnings = warnings();
  status.connections = shards_->connections();
  status.sessions_max = connections_max_;
  status.memory_bytes = resident_bytes();
  status.certificate_days_left = certificate_days_left();
  return status;
}

std::string Node::metrics() {
  const int64_t sessions = sessions_now();
  std::string out;
  trace::append_counters(out);
  const auto gauge = [&out](const char* name, const char* help, int64_t value) {
    trace::append_metric({name, help, value}, out);
  };
  gauge("uptime_seconds", "Seconds since the node was started",
        (monotonic_now() - started_).whole_seconds());
  gauge("sessions", "Bound XMPP sessions, those waiting to be resumed included", sessions);
  gauge("connections_limit", "Connections the node takes", connections_max_);
  gauge("memory_resident_bytes", "Resident memory of the process", resident_bytes());
  gauge("io_uring", "1: sockets are served by io_uring, 0: by epoll",
        std::string(shards_->io_name()) == "uring" ? 1 : 0);
  memory::HeapStats heap;
  if (memory::heap_stats(heap)) {
    gauge("heap_allocated_bytes", "Bytes the program holds", static_cast<int64_t>(heap.allocated));
    gauge("heap_active_bytes", "Bytes of the pages that hold them",
          static_cast<int64_t>(heap.active));
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    gauge("tls_cert_days_left", "Days until the first certificate expires",
          certificate_days_left());
  }
  trace::append_end(out);
  return out;
}

base::Result<std::unique_ptr<im::StoreRequest>> Node::ask(
    std::unique_ptr<im::StoreRequest> request) {
  store_->call(*request);
  if (im::changes_password(request->kind) && sip_options_ != nullptr) {
    static_cast<void>(on_all([this, user = request->user](engine::Shard& shard) {
      gateways_[shard.id()]->on_password_changed(user);
    }));
  }
  return request;
}

base::Result<std::vector<std::string>> Node::users() {
  constexpr uint32_t kPage = 10000;
  std::vector<std::string> all;
  while (true) {
    auto page = store_->users(all.empty() ? base::Bytes() : base::Bytes(all.back()), kPage);
    if (!page) return page.error();
    const bool last = page->size() < kPage;
    all.insert(all.end(), page->begin(), page->end());
    if (last) return all;
  }
}

base::Result<std::vector<SessionRow>> Node::sessions() {
  auto gathered = std::make_shared<Gathered<std::vector<SessionRow>>>();
  const bool answered = on_all([this, gathered](engine::Shard& shard) {
    const std::lock_guard<std::mutex> lock(gathered->mutex);
    xmpp_node_->services[shard.id()]->for_each_session([&](const xmpp::SessionFacts& facts) {
      gathered->value.push_back(copy_of(facts, shard.id()));
    });
  });
  if (!answered) return kNoAnswer;
  const std::lock_guard<std::mutex> lock(gathered->mutex);
  std::sort(gathered->value.begin(), gathered->value.end(),
            [](const SessionRow& a, const SessionRow& b) { return a.jid < b.jid; });
  return std::move(gathered->value);
}

base::Result<int64_t> Node::end_sessions(const std::string& jid) {
  const bool full = jid.find('/') != std::string::npos;
  auto gathered = std::make_shared<Gathered<int64_t>>();
  const bool answered = on_all([this, gathered, jid, full](engine::Shard& shard) {
    xmpp::Service& service = *xmpp_node_->services[shard.id()];
    std::vector<std::string> victims;
    service.for_each_session([&](const xmpp::SessionFacts& facts) {
      if (full ? facts.jid == jid : facts.jid.starts_with(jid + "/")) {
        victims.emplace_back(facts.jid);
      }
    });
    int64_t ended = 0;
    for (const std::string& victim : victims) {
      ended += service.kick(victim, shard.current()) ? 1 : 0;
    }
    const std::lock_guard<std::mutex> lock(gathered->mutex);
    gathered->value += ended;
  });
  if (!answered) return kNoAnswer;
  const std::lock_guard<std::mutex> lock(gathered->mutex);
  return gathered->value;
}

base::Result<PresenceSight> Node::presence(const std::string& bare) {
  auto gathered = std::make_shared<Gathered<PresenceSight>>();
  const bool answered = on_all([this, gathered, bare](engine::Shard& shard) {
    im::Realm& realm = xmpp_node_->services[shard.id()]->realm();
    if (realm.partition().owner(bare).shard != shard.id()) return;
    const im::User* const user = realm.find_user(bare);
    if (user == nullptr || user->state != im::UserState::loaded) return;
    const sip::Notifier* const notifier =
        gateways_.empty() ? nullptr : &gateways_[shard.id()]->notifier();
    const std::lock_guard<std::mutex> lock(gathered->mutex);
    gathered->value =
        presence_sight(*user, realm.options().presentity, notifier, shard.current().now);
  });
  if (!answered) return kNoAnswer;
  const std::lock_guard<std::mutex> lock(gathered->mutex);
  return std::move(gathered->value);
}

namespace {

// Each shard has a way of its own: what is worst, or furthest, is told.
void add_trunk(const sip::Trunk& trunk, SipPeerRow& row) {
  row.waiting += static_cast<int64_t>(trunk.waiting());
  row.connections += trunk.state == sip::Trunk::State::ready ? 1 : 0;
  if (!trunk.targets().empty() && row.address.empty()) {
    base::append_address_and_port(trunk.targets().front(), row.address);
  }
  if (trunk.unreachable) {
    row.state = "unreachable";
  } else if (row.state == "unreachable" || row.state == "ready") {
    return;
  } else if (trunk.state == sip::Trunk::State::ready) {
    row.state = "ready";
  } else if (trunk.state != sip::Trunk::State::idle) {
    row.state = "connecting";
  }
}

}  // namespace

base::Result<std::vector<SipPeerRow>> Node::sip_peers() {
  auto gathered = std::make_shared<Gathered<std::vector<SipPeerRow>>>();
  const bool answered = on_all([this, gathered](engine::Shard& shard) {
    if (gateways_.empty()) return;
    const std::lock_guard<std::mutex> lock(gathered->mutex);
    size_t at = 0;
    gateways_[shard.id()]->sip().outgoing().for_each_trunk([&](const sip::Trunk& trunk) {
      if (at == gathered->value.size()) gathered->value.push_back(row_of(trunk.peer));
      add_trunk(trunk, gathered->value[at++]);
    });
  });
  if (!answered) return kNoAnswer;
  const std::lock_guard<std::mutex> lock(gathered->mutex);
  return std::move(gathered->value);
}

namespace {

// Raises `copies` while it lives.
struct CopyHold {
  explicit CopyHold(Journals::Progress shards) : progress(std::move(shards)) {
    for (const auto& one : progress) ++one->copies;
  }
  ~CopyHold() {
    for (const auto& one : progress) --one->copies;
  }
  CopyHold(const CopyHold&) = delete;
  CopyHold& operator=(const CopyHold&) = delete;
  const Journals::Progress progress;
};

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return path.empty() || error ? path : whole.lexically_normal().string();
}

}  // namespace

base::Result<JournalHold> Node::hold_journal() {
  if (state_.load() != State::running) return base::Error{"the node is stopping"};
  JournalHold result;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    result.data = absolute(config_.data);
  }
  result.config_file = absolute(options_.config_file);
  result.epoch = journals_->epoch();
  auto hold = std::make_shared<CopyHold>(journals_->progress());
  for (const auto& one : hold->progress) {
    result.committed.push_back(one->committed.load());
    result.lost += one->copies_lost.load();
  }
  result.hold = std::move(hold);
  return result;
}

std::vector<std::string> Node::domains() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return config_.domains;
}

}  // namespace appliance
