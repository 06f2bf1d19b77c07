// The thread that does for all shards' journals what blocks: it makes segments ready, takes back
// old ones, reads them. Each shard has a supply, whose requests are carried out in order.
// Made and ended by main, after the shards' threads have ended and before their reactors go.
#pragma once

#include <memory>
#include <vector>

#include "engine/io/reactor.h"
#include "engine/journal/disk/segment_keeper.h"
#include "engine/journal/segment_supply.h"

namespace journal {

class Maintenance {
 public:
  explicit Maintenance(SegmentKeeper keeper);
  ~Maintenance();  // lets the request under way end, drops the others
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

  // On the shard's thread. The supply lives as long as this; the reactor is woken for answers.
  SegmentSupply& supply_for(const LogIdentity& log, engine::Reactor& reactor);

 private:
  class Supply;
  struct Request;
  struct Shared;
  void run();
  void carry_out(const Request& request);

  SegmentKeeper keeper_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace journal
