// Sessions of messages of one shard: by the token that is our tag in their dialog, and, where the
// other end is a user of a trunk peer, by the pair of users. Limits: of the shard, of one peer, and
// of one user of ours; who makes too many is told which.
// The Sessions'; all calls on its shard.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/hash.h"
#include "protocols/gateway/session.h"
#include "protocols/sip/transaction/token.h"

namespace gateway {

class SessionTable {
 public:
  static constexpr uint32_t kOfUserMax = 64;
  enum class Made : uint8_t { ok, user_limit, limit };

  SessionTable(const base::HashKey& key, uint32_t sessions_max);
  ~SessionTable();

  // `peer`: TrunkPeer::id; 0: the other end is a client of ours, who has proved to be `theirs`.
  Made make(SessionUser& user, engine::ShardId shard, base::Bytes ours, base::Bytes theirs,
            uint64_t peer, Session*& out);
  void erase(Session& session);

  Session* find(const sip::Place& place) const;
  // Whose dialog this request is in; null: none of ours.
  Session* find(const sip::Essentials& request, engine::ShardId shard) const;
  // With a user of a peer: the one that began last, but for those with messages that wait.
  Session* find(base::Bytes ours, base::Bytes theirs) const;
  // The shard whose session this tag names. False: no tag of a session.
  bool shard_of(base::Bytes tag, engine::ShardId& out) const;

  uint32_t size() const { return static_cast<uint32_t>(slots_.size() - free_.size()); }

 private:
  struct Slot {
    std::unique_ptr<Session> session;
    uint16_t generation = 0;
  };
  bool count(const Session& session, Made& why);
  void uncount(const Session& session);

  const base::HashKey key_;
  const uint32_t sessions_max_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::unordered_map<std::string, Session*> pairs_;
  std::unordered_map<std::string, uint32_t> of_users_;
  std::unordered_map<uint64_t, uint32_t> of_peers_;
};

}  // namespace gateway
