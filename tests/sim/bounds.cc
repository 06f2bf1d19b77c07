// Nothing grows beyond its declared limit.
#include "protocols/im/realm/waiting.h"
#include "tests/sim/limits.h"

namespace sim {
namespace {

struct UserBounds final : im::Realm::Visitor {
  explicit UserBounds(World& of) : world(of), options(of.options().im) {}

  void visit(const im::User& user) override {
    const std::string who(user.bare_jid.view());
    at_most(who, "sessions", user.resources.size(), options.sessions_per_user_max);
    if (options.roster_items_max > 0) {
      at_most(who, "contacts", user.roster.listed_count(), options.roster_items_max);
    }
    at_most(who, "blocked addresses", user.blocked.size(), options.block_list_max);
    at_most(who, "requests", user.roster.request_count(), options.subscription_requests_max);
    at_most(who, "stored messages", world.store().offline_of(who).size(),
            options.offline_messages_max);
    // One message of any size is always let in.
    if (user.appending > 1) {
      at_most(who, "bytes on their way into the store", user.appending_bytes,
              options.offline_waiting_bytes_max);
    }
    for (const im::Resource* resource : user.resources) {
      at_most(resource->full_jid, "directed presences", resource->directed.size(),
              options.directed_presence_max);
    }
  }

  void at_most(const std::string& who, const char* what, uint64_t is, uint64_t limit) {
    if (is <= limit || !wrong.empty()) return;
    wrong =
        who + " has " + std::to_string(is) + " " + what + ", the limit is " + std::to_string(limit);
  }

  World& world;
  const im::Options& options;
  std::string wrong;
};

}  // namespace

std::string check_bounds(World& world) {
  const WorldOptions& options = world.options();
  UserBounds users(world);
  for (engine::ShardId shard = 0; shard < world.shards(); ++shard) {
    const std::string where = "shard " + std::to_string(shard);
    const engine::Network& network = world.connections(shard);
    xmpp::Service& service = world.service(shard);
    service.realm().visit_users(users);
    service.for_each_session([&](const xmpp::SessionFacts& session) {
      // The one that goes beyond ends the session.
      users.at_most(std::string(session.jid), "unacknowledged stanzas", session.unacked,
                    uint64_t{options.xmpp.unacked_stanzas_max} + 1);
    });
    users.at_most(where, "connections", network.connections(), options.net.connections_per_shard);
    users.at_most(where, "bytes in send queues", network.queued_bytes(),
                  uint64_t{network.connections()} * options.net.send_hard_bytes);
  }
  return users.wrong;
}

}  // namespace sim
