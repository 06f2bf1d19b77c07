// The simulated store: the semantics of MemoryStore, answered after a delay, in order per user,
// sometimes with a failure. Answers go home through the mesh like those of the real one.
// When the node dies, what it had asked is answered to nobody; what was not carried out by then
// never is.
// One per world; it outlives the node's lives; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"
#include "engine/shard/mesh.h"
#include "engine/shard/shard.h"
#include "protocols/im/store_request.h"
#include "tests/sim/clock.h"
#include "tests/support/memory_store.h"

namespace sim {

class Store final : public engine::Answerer {
 public:
  Store(Clock& clock, base::Prng& random) : clock_(clock), random_(random) {}
  void attach(engine::Mesh& mesh);
  void node_died();
  void ask(engine::QuestionPtr question) override;
  void set_faults(bool on) { faults_ = on; }
  // Slow in the first moments of each life of the node, as a database is with nothing in memory.
  void set_cold_starts(bool on) { cold_starts_ = on; }
  void add_user(base::Bytes bare_jid, base::Bytes password);
  std::vector<std::string> offline_of(base::Bytes bare_jid);  // bodies and all, as stored
  uint64_t pending() const { return pending_; }
  tests::MemoryArchive& archive() { return memory_.archive(); }
  // How much of a log the archive has: kept with what it has, like the real one does.
  using FeedSource = std::pair<uint64_t, uint32_t>;  // epoch, shard
  uint64_t feed_position(FeedSource source) const {
    const auto found = fed_.find(source);
    return found == fed_.end() ? 0 : found->second;
  }
  void set_feed_position(FeedSource source, uint64_t position) { fed_[source] = position; }

 private:
  base::Duration delay();
  void answer(const std::shared_ptr<std::unique_ptr<im::StoreRequest>>& carried);

  Clock& clock_;
  base::Prng& random_;
  engine::Mesh* mesh_ = nullptr;
  tests::MemoryStore memory_;
  // Per user: questions, and answers, keep their order.
  std::map<std::string, base::Instant> busy_until_;
  std::map<std::string, base::Instant> answered_until_;
  std::map<FeedSource, uint64_t> fed_;
  uint64_t pending_ = 0;
  uint64_t life_ = 0;  // of the node
  bool faults_ = false;
  bool cold_starts_ = false;
  base::Instant cold_until_{};
};

}  // namespace sim
