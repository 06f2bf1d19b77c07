#include "engine/trace/watch.h"

#include <atomic>
#include <cstring>
#include <mutex>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/trace/counters.h"
#include "engine/trace/levels.h"
#include "engine/trace/record.h"

namespace trace {

std::atomic<bool> g_watching{false};

// What the shards look at: hashes only, so they need no lock. 0 is an empty slot. A collision
// costs a record that no watcher then wants.
static std::atomic<uint64_t> g_watched_hashes[kWatchersMax];

// What the log thread and the admin socket share.
static std::mutex g_mutex;
static Watch* g_watches[kWatchersMax];

static uint64_t slot_hash(base::Bytes bare_jid) { return base::keyed_hash(bare_jid) | 1; }

static base::Bytes bare_part(base::Bytes jid) { return jid.substr(0, jid.find('/')); }

static bool names_a_user(const char* key) {
  CHECK(key != nullptr);
  for (const char* known : {"user", "jid", "from", "to"}) {
    if (std::strcmp(key, known) == 0) return true;
  }
  return false;
}

bool watched(base::Bytes bare_jid) {
  const uint64_t hash = slot_hash(bare_jid);
  for (const std::atomic<uint64_t>& slot : g_watched_hashes) {
    if (slot.load(std::memory_order_relaxed) == hash) return true;
  }
  return false;
}

bool names_watched(std::initializer_list<Field> fields) {
  for (const Field& field : fields) {
    if (field.numeric || !names_a_user(field.key)) continue;
    if (watched(bare_part(field.text))) return true;
  }
  return false;
}

// With the mutex held.
static void publish() {
  bool any = false;
  for (const Watch* watch : g_watches) any = any || watch != nullptr;
  g_watching.store(any, std::memory_order_relaxed);
  raise_levels_for_watching(any);
}

std::unique_ptr<Watch> Watch::open(base::Bytes bare_jid) {
  const std::lock_guard lock(g_mutex);
  for (size_t slot = 0; slot < kWatchersMax; ++slot) {
    if (g_watches[slot] != nullptr) continue;
    CHECK(g_watched_hashes[slot].load(std::memory_order_relaxed) == 0);
    std::unique_ptr<Watch> watch(new Watch(bare_jid, slot));
    g_watches[slot] = watch.get();
    g_watched_hashes[slot].store(slot_hash(bare_jid), std::memory_order_relaxed);
    publish();
    gauge_add(Gauge::watchers, 1);
    return watch;
  }
  count(Counter::watch_refused);
  return nullptr;
}

Watch::~Watch() {
  const std::lock_guard lock(g_mutex);
  CHECK(g_watches[slot_] == this);
  CHECK(g_watched_hashes[slot_].load(std::memory_order_relaxed) == slot_hash(bare_jid_));
  g_watches[slot_] = nullptr;
  g_watched_hashes[slot_].store(0, std::memory_order_relaxed);
  publish();
  gauge_add(Gauge::watchers, -1);
}

uint64_t Watch::read(base::Sink& lines) {
  const std::lock_guard lock(g_mutex);
  CHECK(lines_.size() <= kWatchQueueBytesMax);
  CHECK(lines_.empty() || lines_.back() == '\n');
  lines.append(lines_);
  lines_.clear();
  const uint64_t lost = lost_;
  lost_ = 0;
  return lost;
}

bool Watch::concerns(FieldReader fields) const {
  while (fields.next()) {
    if (fields.numeric() || !names_a_user(fields.key())) continue;
    if (bare_part(fields.text()) == bare_jid_) return true;
  }
  return false;
}

void hand_to_watchers(const char* record, base::Bytes line) {
  CHECK(line.ends_with('\n'));
  const std::lock_guard lock(g_mutex);
  for (Watch* watch : g_watches) {
    if (watch == nullptr || !watch->concerns(FieldReader(record))) continue;
    if (watch->lines_.size() + line.size() > kWatchQueueBytesMax) {
      ++watch->lost_;
      count(Counter::watch_lines_dropped);
      continue;
    }
    watch->lines_.append(line);
    count(Counter::watch_lines);
  }
}

}  // namespace trace
