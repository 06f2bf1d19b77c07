// The node: everything put together and kept running. Owns the store, the certificates, the shards
// and the admin server; knows the order in which they start and end.
// Made by main(). start(), serve() and the destructor run on the main thread; Control's members on
// the admin thread, which runs from the end of start() until drain() has joined it. What both may
// touch meanwhile is behind `mutex_`.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "appliance/admin/control.h"
#include "appliance/admin/server.h"
#include "appliance/config/config.h"
#include "appliance/names/resolver.h"
#include "appliance/node/certificates.h"
#include "appliance/node/demo.h"
#include "appliance/node/heartbeat.h"
#include "appliance/node/journal_feed.h"
#include "appliance/node/journals.h"
#include "appliance/node/node_options.h"
#include "appliance/node/notify.h"
#include "appliance/node/on_shards.h"
#include "appliance/store/archive/archive_store.h"
#include "appliance/store/folder_lock.h"
#include "appliance/store/store.h"
#include "engine/net/shard_set.h"
#include "engine/shard/hash_partition.h"
#include "engine/tls/random.h"
#include "protocols/gateway/shard_service.h"
#include "protocols/sip/service.h"
#include "protocols/xmpp/service.h"

namespace appliance {

class Node final : public Control, private engine::ShardMaker, private engine::Answerer {
 public:
  explicit Node(NodeOptions options);
  ~Node() override;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  base::Status start();
  // Waits for signals: HUP reloads, TERM and INT drain. Returns when everything has ended.
  void serve();

  // Control.
  NodeStatus status() override;
  bool ready() override { return state_.load() == State::running; }
  std::string metrics() override;
  const Profile& profile() override { return *profile_; }
  Machine machine() override { return machine_; }
  base::Result<std::unique_ptr<im::StoreRequest>> ask(
      std::unique_ptr<im::StoreRequest> request) override;
  base::Result<std::vector<std::string>> users() override;
  base::Result<std::vector<SessionRow>> sessions() override;
  base::Result<int64_t> end_sessions(const std::string& jid) override;
  base::Result<PresenceSight> presence(const std::string& bare) override;
  base::Result<std::vector<SipPeerRow>> sip_peers() override;
  std::vector<std::string> domains() override;
  ReloadReport reload() override;
  std::string config_file() override { return options_.config_file; }
  base::Result<JournalHold> hold_journal() override;
  void stop() override;

 private:
  enum class State : uint8_t { starting, running, draining };

  // start.cc, in this order
  LoadedConfig load() const;
  base::Status configure();
  base::Status prepare_data();
  base::Status open_store();
  base::Status open_archive();
  base::Status open_journals();
  base::Status open_names();
  base::Status start_shards();
  base::Status open_doors();
  base::Status write_listening();
  std::string introduction();

  void drain();
  void put_in_force(Config wanted, Certificates certificates, ReloadReport& report);
  std::shared_ptr<const sip::Options> new_sip_options(const Config& wanted) const;
  void apply_trace(const TraceConfig& trace);
  std::vector<std::string> warnings();
  std::string admin_socket() const;
  std::vector<ListeningOn> listening();
  int64_t certificate_days_left();
  int64_t sessions_now();
  [[nodiscard]] bool on_all(const ShardWork& work);

  // engine::ShardMaker, on each shard's thread.
  std::unique_ptr<engine::Service> make_service(engine::ShardId shard) override;
  std::unique_ptr<base::Random> make_random(engine::ShardId shard) override;
  std::unique_ptr<engine::Log> make_log(engine::ShardId shard, engine::Reactor& reactor,
                                        std::vector<engine::JournalEntry>& recovered) override;
  // engine::Answerer, on any shard.
  void ask(engine::QuestionPtr question) override;

  NodeOptions options_;
  const Machine machine_;
  const ServiceManager manager_;
  const base::Instant started_;
  engine::SecureRandom random_;  // main thread
  std::atomic<State> state_{State::starting};

  std::mutex mutex_;
  Config config_;
  Certificates certificates_;
  std::shared_ptr<const xmpp::Options> xmpp_options_;
  std::shared_ptr<const sip::Options> sip_options_;  // null: SIP is off

  // Fixed once started.
  const Profile* profile_ = nullptr;
  engine::ShardId shard_count_ = 1;
  uint32_t connections_max_ = 0;
  std::vector<std::string> start_warnings_;
  std::vector<DemoUser> demo_users_;
  uint16_t metrics_port_ = 0;
  std::shared_ptr<engine::TicketKeys> tickets_;

  // In the order they are made; ended the other way round, but for the store and the admin thread,
  // who need the mesh and the shards' reactors after the shards' threads: see the destructor.
  std::unique_ptr<store::FolderLock> data_lock_;
  std::unique_ptr<engine::HashPartition> partition_;
  std::unique_ptr<xmpp::Node> xmpp_node_;
  sip::Node sip_node_;
  std::vector<gateway::ShardService*> gateways_;  // by shard, where SIP is on
  std::unique_ptr<engine::Mesh> mesh_;
  std::unique_ptr<Journals> journals_;
  std::unique_ptr<JournalFeed> journal_feed_;
  std::unique_ptr<engine::ShardSet> shards_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::ArchiveStore> archive_;
  std::unique_ptr<names::Resolver> names_;
};

}  // namespace appliance
