// The node as its operator sees it: what the admin socket's commands may ask and do. Implemented
// by appliance/node, by a fake in tests. Called on the admin thread only; calls may wait for the
// database or the shards, for at most kPatience.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "appliance/admin/sight.h"
#include "appliance/profile/profile.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "protocols/im/store_request.h"

namespace appliance {

constexpr base::Duration kPatience = base::Duration::seconds(10);

struct ListeningOn {
  std::string service;  // "xmpp", "xmpps", "http"
  std::string address;
  uint16_t port = 0;
  std::string tls;  // "required", "optional", "off", "direct"
};

struct NodeStatus {
  std::string version;
  std::string state;  // "starting", "running", "draining"
  int64_t uptime_seconds = 0;
  std::string profile;
  uint16_t shards = 0;
  std::string io;
  std::vector<std::string> domains;
  std::vector<ListeningOn> listening;
  std::vector<std::string> warnings;  // test switches that are on, alarms
  int64_t connections = 0;
  int64_t sessions = 0;
  int64_t sessions_max = 0;
  int64_t memory_bytes = 0;           // resident
  int64_t certificate_days_left = 0;  // the one that expires first
};

// A copy of xmpp::SessionFacts that may leave its shard.
struct SessionRow {
  std::string jid;        // full
  std::string address;    // remote; "" while detached
  std::string mechanism;  // SASL
  std::string tls;        // "TLSv1.3", "none"
  std::string stream_management;
  int64_t since = 0;  // seconds since 1970
  int64_t unacked = 0;
  int64_t priority = 0;
  int64_t shard = 0;
  bool available = false;
  bool inactive = false;
};

struct ReloadReport {
  std::vector<std::string> problems;  // not empty: nothing was changed
  std::vector<std::string> pinned;    // keys that need a restart, and why
};

// The journal stays as it is for whoever copies it (engine/journal/recovery/copy.h), as long as
// `hold` lives. A second one on top tells how far it is then.
struct JournalHold {
  std::string data;  // the node's directory, absolute
  std::string config_file;
  uint64_t epoch = 0;
  std::vector<uint64_t> committed;  // of each shard, read after the hold began
  uint64_t lost = 0;                // grows when a shard could not keep what is held
  std::shared_ptr<void> hold;
};

class Control {
 public:
  virtual ~Control() = default;
  virtual NodeStatus status() = 0;
  virtual bool ready() = 0;           // takes logins
  virtual std::string metrics() = 0;  // OpenMetrics text
  virtual const Profile& profile() = 0;
  virtual Machine machine() = 0;
  // Asks the store and waits; an Error when no answer came.
  virtual base::Result<std::unique_ptr<im::StoreRequest>> ask(
      std::unique_ptr<im::StoreRequest> request) = 0;
  virtual base::Result<std::vector<std::string>> users() = 0;  // bare JIDs, sorted
  virtual base::Result<std::vector<SessionRow>> sessions() = 0;
  // Ends the sessions of a bare JID, or the one with this full JID; how many they were.
  virtual base::Result<int64_t> end_sessions(const std::string& jid) = 0;
  virtual base::Result<PresenceSight> presence(const std::string& bare) = 0;
  // One a peer of the configuration; none where SIP is off.
  virtual base::Result<std::vector<SipPeerRow>> sip_peers() = 0;
  virtual std::vector<std::string> domains() = 0;
  virtual ReloadReport reload() = 0;
  virtual std::string config_file() = 0;  // "" if there is none
  virtual base::Result<JournalHold> hold_journal() = 0;
  virtual void stop() = 0;                // drain, as SIGTERM
};

}  // namespace appliance
