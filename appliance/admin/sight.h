// What the operator is shown of presence and of trunk peers: plain copies, made on a shard, that
// may leave it. Bounded by what they are copies of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace appliance {

struct PresenceSource {
  std::string kind;   // "client", "publication", "line", "calendar"
  std::string name;   // resource, device
  std::string claim;  // what it makes of the user, by the composition rules
  std::string activities;
  std::string note;
  int64_t expires = 0;  // seconds from now; 0: while its client is connected
  bool decides = false;
};

struct PresenceWatcher {
  std::string jid;
  std::string by;       // "roster": a contact, or a request for it; "sip": a subscription
  std::string what;     // "presence", or another event package
  std::string state;    // "active", "pending", "blocked", "rejected"
  int64_t expires = 0;  // seconds from now; 0: never
};

// Of a user who is in memory: somebody has a session, publishes, or watches her by SIP. Of others
// there is nothing to compose.
struct PresenceSight {
  bool in_memory = false;
  std::string state = "offline";  // composed
  std::string claim = "offline";  // the first of the rules' order that a source makes
  std::string activities;
  std::string note;
  int64_t version = 0;
  std::vector<PresenceSource> sources;
  std::vector<PresenceWatcher> watchers;
};

// A trunk peer, over all shards.
struct SipPeerRow {
  std::string peer;  // its first domain; of a node of the cluster, its name
  std::string transport;
  std::string address;      // where requests go, "" if nowhere is known now
  std::string state;        // "ready", "connecting", "idle", "unreachable"
  int64_t connections = 0;  // of ours, one a shard
  int64_t waiting = 0;      // requests without a way yet
  bool publishes = false;
  bool watches = false;
  bool proxied = false;  // what reaches the wrong node of a cluster is passed on
};

}  // namespace appliance
