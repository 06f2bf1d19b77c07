// Starting, step by step. Each step either works or says in one sentence what the operator can do.
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "appliance/node/clocks.h"
#include "appliance/node/files.h"
#include "appliance/node/introduction.h"
#include "appliance/node/limits.h"
#include "appliance/node/node.h"
#include "engine/trace/log.h"
#include "protocols/xmpp/journal_account.h"

namespace appliance {
namespace {

constexpr size_t kSecretOctets = 32;
constexpr const char* kInstalledSocket = "/var/lib/rollcall/admin.sock";  // rollcall's default

// Salts of imaginary accounts must stay the same over restarts, or their absence would show.
base::Result<std::string> keep_secret(const std::string& path, base::Random& random) {
  if (file_exists(path)) {
    auto secret = read_file(path);
    if (secret && secret->size() != kSecretOctets) {
      return base::Error{path + " is damaged; remove it and a new one is made"};
    }
    return secret;
  }
  std::string secret(kSecretOctets, '\0');
  random.fill(secret.data(), secret.size());
  if (auto written = write_file(path, secret, 0600); !written) return written.error();
  return secret;
}

// `rollcall` as it is called for this node: by its path where it was built but not installed.
std::string operators_command(const std::string& socket) {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const bool installed = error || !std::filesystem::exists(beside / "rollcall", error);
  return (installed ? "rollcall" : (beside / "rollcall").string()) +
         (socket == kInstalledSocket ? "" : " --socket " + socket);
}

}  // namespace

base::Status Node::start() {
  using Step = base::Status (Node::*)();
  constexpr Step kSteps[] = {&Node::configure,    &Node::prepare_data,  &Node::open_store,
                             &Node::open_archive, &Node::open_journals, &Node::open_names,
                             &Node::start_shards, &Node::open_doors,    &Node::write_listening};
  for (const Step step : kSteps) {
    if (auto done = (this->*step)(); !done) return done;
  }
  state_.store(State::running);
  std::fputs(introduction().c_str(), stdout);
  std::fflush(stdout);
  manager_.ready("serving " + config_.domains.front());
  TRACE(node, info, "started", {"shards", shard_count_}, {"io", shards_->io_name()});
  // Last: until here the configuration is this thread's alone. Operators wait in the backlog.
  admin_->start();
  return base::Status::ok();
}

LoadedConfig Node::load() const {
  LoadedConfig loaded =
      options_.config_file.empty() ? load_config("") : load_config_file(options_.config_file);
  loaded.config.xmpp.started = started_;  // over reloads too
  if (!options_.data.empty()) loaded.config.data = options_.data;
  if (options_.shards > 0) loaded.config.shards = static_cast<uint16_t>(options_.shards);
  if (options_.io == "uring") loaded.config.io = IoBackend::uring;
  if (options_.io == "epoll") loaded.config.io = IoBackend::epoll;
  if (options_.io == "auto") loaded.config.io = IoBackend::automatic;
  return loaded;
}

base::Status Node::configure() {
  LoadedConfig loaded = load();
  if (!loaded.problems.empty()) {
    return base::Error{describe(loaded.problems, options_.config_file)};
  }
  config_ = std::move(loaded.config);
  apply_trace(config_.trace);
  trace::set_clock(wall_now);
  trace::dump_on_check_failure(STDERR_FILENO);
  if (auto logging = trace::start_log(STDERR_FILENO); !logging) return logging;
  profile_ =
      config_.profile == kUnset ? &detect_profile(machine_) : &all_profiles()[config_.profile - 1u];
  shard_count_ = config_.shards != 0 ? config_.shards : default_shards(*profile_, machine_);
  xmpp_options_ = xmpp_options(config_);
  return base::Status::ok();
}

base::Status Node::prepare_data() {
  if (auto made = prepare_folder(config_.data); !made) return made;
  // First, because another node may use this directory, or a restore be about to replace it.
  auto lock = store::FolderLock::take(config_.data);
  if (!lock) return base::Error{lock.error().what + ": wait for that, or stop it"};
  data_lock_ = std::move(*lock);
  admin_ = std::make_unique<AdminServer>(*this);
  if (auto listening = admin_->listen_unix(admin_socket()); !listening) return listening;
  auto secret = keep_secret(config_.data + "/secret", random_);
  if (!secret) return secret.error();
  xmpp_node_ = std::make_unique<xmpp::Node>(shard_count_, *secret);
  sip_node_ = {{random_.next(), random_.next()}, shard_count_};
  gateways_.resize(shard_count_);
  auto certificates = load_certificates(config_, tickets_, wall_now());
  if (!certificates) return certificates.error();
  certificates_ = std::move(*certificates);
  return base::Status::ok();
}

base::Status Node::open_store() {
  mesh_ = std::make_unique<engine::Mesh>(engine::MeshOptions{.shards = shard_count_});
  store::StoreOptions options;
  options.path = config_.data + "/rollcall.sqlite";
  options.durability = static_cast<store::Durability>(config_.store.durability);
  options.iterations = config_.store.pbkdf2_iterations;
  options.digest = config_.sip.enabled && config_.sip.options.digest;
  options.digest_md5 = config_.sip.options.digest_md5;
  auto opened = store::Store::open(options, [this](engine::ShardId, engine::QuestionPtr answer) {
    mesh_->answer(std::move(answer));
  });
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  if (!options_.demo) return base::Status::ok();
  auto users = prepare_demo_users(config_.data, config_.domains.front(), *store_, random_);
  if (!users) return users.error();
  demo_users_ = std::move(*users);
  return base::Status::ok();
}

base::Status Node::open_archive() {
  store::ArchiveOptions options;
  options.path = config_.data + "/archive.db";
  options.durability = static_cast<store::Durability>(config_.store.durability);
  options.retention = {config_.archive.days, config_.archive.bytes_max};
  options.wall_now = wall_now;
  auto opened = store::ArchiveStore::open(
      options,
      [this](engine::ShardId, engine::QuestionPtr answer) { mesh_->answer(std::move(answer)); });
  if (!opened) return opened.error();
  archive_ = std::move(*opened);
  return base::Status::ok();
}

base::Status Node::open_journals() {
  JournalsOptions options;
  options.path = config_.data + "/journal";
  options.journal.segment_bytes = config_.journal.segment_bytes;
  options.journal.bytes_max = config_.journal.bytes_max;
  options.journal.durability = static_cast<journal::Durability>(config_.store.durability);
  options.record_bytes_max = config_.xmpp.after_authentication.stanza_bytes;
  options.shards = shard_count_;
  auto opened = Journals::open(options);
  if (!opened) return opened.error();
  journals_ = std::move(*opened);
  // Before what they hold is replaced, the archive takes the rest of it.
  const auto taken = archive_last_epoch(journals_->files(), journals_->last_logs(), *archive_);
  if (!taken) return taken;
  partition_ = std::make_unique<engine::HashPartition>(shard_count_);
  sip_node_.id = partition_->here();
  const auto owner = [this](const journal::RecoveredEntry& found) {
    return partition_->owner(xmpp::journal_account(found.entry)).shard;
  };
  if (auto begun = journals_->begin(owner, random_); !begun) return begun;
  journal_feed_ = std::make_unique<JournalFeed>(journals_->files(), journals_->epoch());
  for (engine::ShardId shard = 0; shard < shard_count_; ++shard) {
    const journal::ShardJournal& log = journals_->of(shard);
    journal_feed_->add(log.log(), log.progress());
  }
  archive_->start(journal_feed_.get());
  return base::Status::ok();
}

base::Status Node::open_names() {
  auto started = names::Resolver::start(
      {.servers = config_.dns_servers},
      [this](engine::QuestionPtr answer) { mesh_->answer(std::move(answer)); });
  if (!started) return started.error();
  names_ = std::move(*started);
  return base::Status::ok();
}

base::Status Node::start_shards() {
  NodeLimits limits = make_limits(config_, *profile_, machine_, shard_count_, raise_open_files());
  connections_max_ = limits.connections_max;
  if (auto sip = sip_options(config_); sip != nullptr) {
    sip->server = limits.sip_server;
    sip->client = limits.sip_client;
    sip->tls_context = kSipClientTls;
    sip->unfinished_bytes_max = limits.sip_unfinished_bytes;
    sip->subscriptions_max = limits.sip_subscriptions;
    sip->im_sessions_max = limits.sip_im_sessions;
    sip_options_ = std::move(sip);
  }
  start_warnings_ = std::move(limits.warnings);
  shards_ = std::make_unique<engine::ShardSet>(
      limits.shards, *mesh_, static_cast<engine::ShardMaker&>(*this),
      static_cast<engine::Answerer&>(*this), certificates_.contexts);
  if (auto started = shards_->start(); !started) {
    journals_->stop();
    shards_.reset();  // nothing runs, so nothing is to be drained
    return started;
  }
  if (!shards_->io_alarm().empty()) {
    TRACE(node, error, "io_uring_blocked", {"why", shards_->io_alarm()});
    start_warnings_.push_back(shards_->io_alarm());
  }
  heartbeat_ = std::make_unique<Heartbeat>(*shards_, shard_count_);
  return base::Status::ok();
}

base::Status Node::open_doors() {
  const AdminConfig& admin = config_.admin;
  if (admin.metrics) {
    const auto port =
        admin_->listen_http(admin.metrics_address, admin.metrics_port, admin.metrics_anywhere);
    if (!port) return port.error();
    metrics_port_ = *port;
  }
  return base::Status::ok();
}

base::Status Node::write_listening() {
  return write_file(config_.data + "/listening", listening_lines(listening()), 0644);
}

std::string Node::introduction() {
  Introduction facts;
  facts.status = status();
  facts.detected = config_.profile == kUnset;
  facts.machine = machine_;
  facts.data = config_.data;
  facts.command = operators_command(admin_socket());
  facts.self_signed = certificates_.self_signed;
  facts.demo_users = demo_users_;
  return introduce(facts);
}

}  // namespace appliance
