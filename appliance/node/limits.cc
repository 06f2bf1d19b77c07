#include "appliance/node/limits.h"

#include <sys/resource.h>

#include <algorithm>

#include "appliance/node/certificates.h"
#include "engine/memory/budget.h"

namespace appliance {
namespace {

// Descriptors that are no client's: listeners, rings, database, log, admin.
constexpr uint64_t kOwnFiles = 64;
// Room in a shard's table of direct descriptors beyond its connections: for those that are closing
// or come from another shard, before they are counted.
constexpr uint64_t kTableReserve = 512;

engine::ReactorKind reactor_kind(IoBackend io) {
  switch (io) {
    case IoBackend::uring:
      return engine::ReactorKind::uring;
    case IoBackend::epoll:
      return engine::ReactorKind::epoll;
    case IoBackend::automatic:
      break;
  }
  return engine::ReactorKind::automatic;
}

uint64_t bytes_of(const memory::Budget& budget, memory::Pool pool) {
  return budget.count(pool) * memory::bytes_each(pool);
}

}  // namespace

uint64_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

NodeLimits make_limits(const Config& config, const Profile& profile, const Machine& machine,
                       engine::ShardId shards, uint64_t open_files) {
  using memory::Pool;
  const auto budget = memory::Budget::per_shard({.users = profile.users,
                                                 .sessions = profile.sessions,
                                                 .shards = shards,
                                                 .memory_bytes = machine.memory_bytes});
  NodeLimits limits;
  engine::NetOptions& net = limits.shards.net;
  net = config.net;
  for (const ListenerConfig& listener : config.listeners) {
    net.listeners.push_back({listener.address, listener.port, listener.options.direct_tls});
  }
  for (const SipListener& listener : sip_listeners(config.sip)) {
    const bool mutual = listener.kind == sip::ListenerKind::mutual;
    net.listeners.push_back({.address = config.sip.address,
                             .port = listener.port,
                             .direct_tls = mutual || listener.kind == sip::ListenerKind::tls,
                             .transport = listener.kind == sip::ListenerKind::udp
                                              ? engine::ListenerTransport::datagram
                                              : engine::ListenerTransport::stream,
                             .tls_context = mutual ? kSipMutualTls : kSipTls});
  }
  limits.sip_server.transactions = static_cast<uint32_t>(budget.count(Pool::sip_transactions));
  limits.sip_server.response_bytes = bytes_of(budget, Pool::sip_answers);
  limits.sip_client.transactions = static_cast<uint32_t>(budget.count(Pool::sip_requests));
  limits.sip_client.request_bytes = bytes_of(budget, Pool::sip_requests);
  limits.sip_subscriptions = static_cast<uint32_t>(budget.count(Pool::sip_subscriptions));
  // The largest session of messages weighs as much as sixteen subscriptions.
  limits.sip_im_sessions = std::max(64u, limits.sip_subscriptions / 16);
  limits.sip_unfinished_bytes = bytes_of(budget, Pool::sip_unfinished);
  uint64_t per_shard = budget.count(Pool::connections);
  if (config.connections_max != 0) {
    per_shard = (uint64_t{config.connections_max} + shards - 1) / shards;
  }
  const bool direct = config.direct_descriptors;
  const uint64_t kept = direct ? kTableReserve : kOwnFiles;
  // Of the process; with direct descriptors, of each shard's table.
  const uint64_t usable = open_files > 2 * kept ? open_files - kept : open_files / 2;
  const uint64_t files = direct ? usable * shards : usable;
  // Below what the profile promises it is worth a word; the room beyond that is a bonus.
  if (files < std::min<uint64_t>(per_shard * shards, profile.sessions)) {
    limits.warnings.push_back("only " + std::to_string(open_files) +
                              " open files are allowed, fewer than profile " + profile.name +
                              " needs: raise LimitNOFILE");
  }
  // Hashing is not fair: one shard may own an eighth more than its share.
  const uint64_t share = std::max<uint64_t>(1, files / shards);
  const uint64_t most = direct ? usable : share + share / 8;
  net.connections_per_shard = static_cast<uint32_t>(std::min(per_shard, most));
  if (direct) {
    limits.shards.reactor.direct_descriptors = static_cast<uint32_t>(
        std::min<uint64_t>(net.connections_per_shard + kTableReserve, open_files));
  }
  net.send_bytes_per_shard =
      std::min<uint64_t>(net.send_bytes_per_shard, bytes_of(budget, Pool::send_chunks));
  net.datagrams_per_turn = static_cast<uint32_t>(budget.count(Pool::datagram_buffers));
  net.datagrams_queued = static_cast<uint32_t>(budget.count(Pool::datagrams_queued));
  net.datagram_bytes_queued = bytes_of(budget, Pool::datagrams_queued);
  limits.shards.io = reactor_kind(config.io);
  limits.shards.reactor.receive_buffers =
      static_cast<uint32_t>(budget.count(Pool::receive_buffers));
  limits.connections_max = static_cast<uint32_t>(
      std::min<uint64_t>(uint64_t{net.connections_per_shard} * shards, files));
  return limits;
}

}  // namespace appliance
