// Reload: everything that can change does, at once; what cannot says why. Main thread (SIGHUP) or
// admin thread.
#include "appliance/node/clocks.h"
#include "appliance/node/node.h"
#include "appliance/node/on_shards.h"
#include "protocols/gateway/shard_service.h"

namespace appliance {

ReloadReport Node::reload() {
  ReloadReport report;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_.load() == State::draining) {
    report.problems.emplace_back("the node is stopping");
    return report;
  }
  manager_.reloading();
  LoadedConfig loaded = load();
  for (const Problem& problem : loaded.problems) {
    report.problems.push_back(describe(problem, options_.config_file));
  }
  if (report.problems.empty()) {
    auto certificates = load_certificates(loaded.config, tickets_, wall_now());
    if (!certificates) {
      report.problems.push_back(certificates.error().what);
    } else {
      for (const Pinned& pinned : pinned_changes(config_, loaded.config)) {
        report.pinned.push_back(pinned.key + ": " + pinned.why);
      }
      put_in_force(std::move(loaded.config), std::move(*certificates), report);
    }
  }
  for (const std::string& problem : report.problems) {
    TRACE(node, error, "reload_refused", {"why", problem});
  }
  for (const std::string& pinned : report.pinned) {
    TRACE(node, warn, "needs_restart", {"key", pinned});
  }
  manager_.ready("serving " + config_.domains.front());
  return report;
}

// With the memory that the running ones have; null: SIP is off, which only a restart changes.
std::shared_ptr<const sip::Options> Node::new_sip_options(const Config& wanted) const {
  if (sip_options_ == nullptr) return nullptr;
  auto sip = sip_options(wanted);
  sip->server = sip_options_->server;
  sip->client = sip_options_->client;
  sip->unfinished_bytes_max = sip_options_->unfinished_bytes_max;
  sip->tls_context = sip_options_->tls_context;
  return sip;
}

void Node::put_in_force(Config wanted, Certificates certificates, ReloadReport& report) {
  // What cannot change keeps saying what is true.
  keep_pinned(config_, wanted);
  auto options = xmpp_options(wanted);
  bool taken = shards_->replace_tls(certificates.contexts);
  const std::shared_ptr<const sip::Options> sip = new_sip_options(wanted);
  for (engine::ShardId shard = 0; shard < shard_count_; ++shard) {
    taken = run_on(*shards_, shard,
                   [this, options, sip](engine::Shard& on) {
                     xmpp_node_->services[on.id()]->set_options(options);
                     if (sip == nullptr) return;
                     auto& service = static_cast<gateway::ShardService&>(on.service());
                     service.sip().set_options(sip, on.current());
                     on.settle();
                   }) &&
            taken;
  }
  if (!taken) report.problems.emplace_back("a shard is too busy to take the change; try again");
  archive_->set_retention({wanted.archive.days, wanted.archive.bytes_max});
  apply_trace(wanted.trace);
  config_ = std::move(wanted);
  certificates_ = std::move(certificates);
  xmpp_options_ = std::move(options);
  sip_options_ = sip;
  TRACE(node, info, "reloaded", {"needs_restart", report.pinned.size()});
}

}  // namespace appliance
