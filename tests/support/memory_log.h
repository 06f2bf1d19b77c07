// A shard's log without a disk: everything appended is committed at once, or, while `held`, when
// commit() is called. What it holds can be looked at. One thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/shard/log.h"

namespace tests {

// Who takes what the journals are fed, in order. False: it cannot be read.
class FeedConsumer {
 public:
  virtual ~FeedConsumer() = default;
  virtual bool take(base::Bytes record) = 0;
};

class MemoryLog final : public engine::Log {
 public:
  struct Entry {
    Position position = 0;
    std::string bytes;
    std::string note;
  };

  void put(engine::JournalKey key, base::Bytes bytes) override {
    entries[key] = {++appended_, std::string(bytes), {}};
  }
  void note(engine::JournalKey key, base::Bytes bytes) override {
    CHECK(holds(key) && bytes.size() <= kNoteBytesMax);
    entries[key].note = bytes;
    ++appended_;
  }
  void erase(engine::JournalKey key) override {
    CHECK(entries.erase(key) == 1);
    ++appended_;
  }
  bool holds(engine::JournalKey key) const override { return entries.contains(key); }
  void feed(uint8_t kind, base::Bytes bytes) override {
    fed.emplace_back(kind, bytes);
    ++appended_;
    if (!held) pass_on();
  }
  Position fed_to() override { return appended_; }
  Position appended() const override { return appended_; }
  Position committed() const override { return held ? committed_ : appended_; }
  uint64_t epoch() const override { return starts; }
  bool accepting() const override { return accepts; }

  void flush(base::Instant) override {
    if (catches_up) lags = false;
    wants_turn_ = by_turn && committed_ < appended_;
    if (wants_turn_) commit();
  }
  void on_completion(const engine::Completion&) override { CHECK(false); }
  base::Instant deadline() const override {
    return wants_turn_ ? base::Instant{} : base::Instant::never();
  }
  bool behind() const override { return lags; }

  void hold() {
    held = true;
    committed_ = appended_;
  }
  void commit() {  // while held; tell the service
    committed_ = appended_;
    pass_on();
  }
  void commit_by_turn() {  // each turn ends with a commit, of which the next one hears
    hold();
    by_turn = true;
  }
  // As a node that starts again would find it: in the order of the entries.
  std::vector<engine::JournalEntry> recovered() const {
    std::map<Position, engine::JournalEntry> in_order;
    for (const auto& [key, entry] : entries) {
      in_order[entry.position] = {key, entry.bytes, entry.note};
    }
    std::vector<engine::JournalEntry> all;
    for (auto& [position, entry] : in_order) all.push_back(std::move(entry));
    return all;
  }

  std::map<engine::JournalKey, Entry> entries;
  std::vector<std::pair<uint8_t, std::string>> fed;
  uint64_t starts = 1;
  FeedConsumer* consumer = nullptr;  // of the feed, once it is committed
  bool accepts = true;
  bool held = false;
  bool lags = false;
  bool catches_up = false;  // in the next flush
  bool by_turn = false;

 private:
  void pass_on() {
    if (consumer == nullptr) return;
    for (; passed_on_ < fed.size(); ++passed_on_) CHECK(consumer->take(fed[passed_on_].second));
  }

  size_t passed_on_ = 0;
  bool wants_turn_ = false;
  Position appended_ = 0;
  Position committed_ = 0;
};

}  // namespace tests
