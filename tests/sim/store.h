// The simulated store: the semantics of MemoryStore, answered after a delay, in order per user,
// sometimes with a failure. Answers go home through the mesh like those of the real one.
// One per world; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
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
  void attach(engine::Mesh& mesh) { mesh_ = &mesh; }
  void ask(engine::QuestionPtr question) override;
  void set_faults(bool on) { faults_ = on; }
  void add_user(base::Bytes bare_jid, base::Bytes password);
  std::vector<std::string> offline_of(base::Bytes bare_jid);  // bodies and all, as stored
  uint64_t pending() const { return pending_; }
  tests::MemoryArchive& archive() { return memory_.archive(); }

 private:
  Clock& clock_;
  base::Prng& random_;
  engine::Mesh* mesh_ = nullptr;
  tests::MemoryStore memory_;
  std::map<std::string, base::Instant> busy_until_;  // per user: answers keep their order
  uint64_t pending_ = 0;
  bool faults_ = false;
};

}  // namespace sim
