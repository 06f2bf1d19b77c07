// The shard's side of engine/journal: what a turn needs done with its log. Implemented by
// journal::ShardJournal; the seam's half of it (engine/seam/journal.h) is what protocols see.
// Owned by one shard; called only within its turn.
#pragma once

#include "engine/base/time.h"
#include "engine/io/reactor.h"
#include "engine/seam/journal.h"

namespace engine {

class Log : public Journal {
 public:
  // The end of a turn: what was appended goes to the disk, unless a commit is in flight.
  virtual void flush(base::Instant now) = 0;
  virtual void on_completion(const Completion& completion) = 0;  // Operation::commit
  virtual base::Instant deadline() const = 0;  // wants a turn by then, at the latest
  virtual bool behind() const = 0;             // too much is not committed: stop reading sockets
  // The node stops and nothing more is appended. False: turn again, something is still to be
  // written, or in flight.
  virtual bool finish() { return true; }
};

}  // namespace engine
