// A node that is none: answers the admin server from memory.
// One test, one thread at a time; remembers what it was asked.
#pragma once

#include <set>

#include "appliance/admin/control.h"

namespace appliance {

class FakeControl final : public Control {
 public:
  NodeStatus status() override {
    NodeStatus status;
    status.version = "test";
    status.state = "running";
    status.domains = domains();
    status.listening = {{"xmpp", "::", 5222, "required"}};
    return status;
  }
  bool ready() override { return is_ready; }
  std::string metrics() override { return "# EOF\n"; }
  const Profile& profile() override { return all_profiles()[0]; }
  Machine machine() override { return {.cpus = 2, .memory_bytes = uint64_t{4} << 30}; }
  base::Result<std::unique_ptr<im::StoreRequest>> ask(
      std::unique_ptr<im::StoreRequest> request) override {
    using im::StoreKind;
    using im::StoreStatus;
    if (broken) return base::Error{"the database is away"};
    const bool known = accounts.contains(request->user);
    last_password = request->text;
    request->status = StoreStatus::ok;
    if (request->kind == StoreKind::create_account) {
      if (!accounts.insert(request->user).second) request->status = StoreStatus::exists;
    } else if (!known) {
      request->status = StoreStatus::not_found;
    } else if (request->kind == StoreKind::delete_account) {
      accounts.erase(request->user);
    }
    return request;
  }
  base::Result<std::vector<std::string>> users() override {
    return std::vector<std::string>(accounts.begin(), accounts.end());
  }
  base::Result<std::vector<SessionRow>> sessions() override { return rows; }
  base::Result<int64_t> end_sessions(const std::string& jid) override {
    ended = jid;
    return std::erase_if(rows, [&](const SessionRow& row) {
      return row.jid == jid || row.jid.starts_with(jid + "/");
    });
  }
  base::Result<PresenceSight> presence(const std::string& bare) override {
    if (broken) return base::Error{"a shard is away"};
    asked_about = bare;
    return sight;
  }
  base::Result<std::vector<SipPeerRow>> sip_peers() override { return peers; }
  std::vector<std::string> domains() override { return {"example.org", "example.com"}; }
  ReloadReport reload() override { return report; }
  std::string config_file() override { return ""; }
  base::Result<JournalHold> hold_journal() override {
    if (broken) return base::Error{"the node is stopping"};
    return JournalHold{"/data", "", 7, {4096, 8192}, 0, hold};
  }
  void stop() override { stopped = true; }

  bool is_ready = true;
  bool broken = false;
  bool stopped = false;
  std::set<std::string> accounts;
  std::string last_password;
  std::string ended;
  std::vector<SessionRow> rows;
  std::string asked_about;
  PresenceSight sight;
  std::vector<SipPeerRow> peers;
  ReloadReport report;
  std::shared_ptr<void> hold = std::make_shared<int>();
};

}  // namespace appliance
