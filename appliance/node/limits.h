// From profile, budget and configuration to the limits of the network layer, within what the
// machine allows.
// Main thread, at start.
#pragma once

#include <string>
#include <vector>

#include "appliance/config/config.h"
#include "appliance/profile/profile.h"
#include "engine/net/shard_set.h"

namespace appliance {

// Raises the soft limit of open files to the hard one; yields it.
uint64_t raise_open_files();

struct NodeLimits {
  engine::ShardSetOptions shards;
  sip::ServerTransactions::Limits sip_server;  // of a shard, and so the next
  sip::ClientTransactions::Limits sip_client;
  uint64_t sip_unfinished_bytes = 0;
  uint32_t sip_subscriptions = 0;
  uint32_t sip_im_sessions = 0;
  uint32_t connections_max = 0;       // of the node
  std::vector<std::string> warnings;  // where the machine allows less than the profile asks
};
NodeLimits make_limits(const Config& config, const Profile& profile, const Machine& machine,
                       engine::ShardId shards, uint64_t open_files);

}  // namespace appliance
