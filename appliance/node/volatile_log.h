// A shard's log that is not kept anywhere: what is appended counts as committed at once.
// Owned by its shard.
#pragma once

#include <set>

#include "engine/base/check.h"
#include "engine/shard/log.h"

namespace appliance {

class VolatileLog final : public engine::Log {
 public:
  void put(engine::JournalKey key, base::Bytes) override {
    live_.insert(key);
    ++appended_;
  }
  void note(engine::JournalKey key, base::Bytes) override { CHECK(holds(key)); }
  void erase(engine::JournalKey key) override { CHECK(live_.erase(key) == 1); }
  bool holds(engine::JournalKey key) const override { return live_.contains(key); }
  void feed(uint8_t, base::Bytes) override {}
  Position appended() const override { return appended_; }
  Position committed() const override { return appended_; }
  bool accepting() const override { return true; }
  void flush(base::Instant) override {}
  void on_completion(const engine::Completion&) override { CHECK(false); }
  base::Instant deadline() const override { return base::Instant::never(); }
  bool behind() const override { return false; }

 private:
  std::set<engine::JournalKey> live_;
  Position appended_ = 0;
};

}  // namespace appliance
