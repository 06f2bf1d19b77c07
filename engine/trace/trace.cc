#include "engine/trace/trace.h"

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/levels.h"
#include "engine/trace/log.h"
#include "engine/trace/per_thread.h"
#include "engine/trace/record.h"
#include "engine/trace/ring.h"
#include "engine/trace/watch.h"

namespace trace {

static std::atomic<base::WallTime (*)()> g_clock{nullptr};

void set_clock(base::WallTime (*clock)()) { g_clock.store(clock, std::memory_order_relaxed); }

static base::WallTime stamp() {
  base::WallTime (*clock)() = g_clock.load(std::memory_order_relaxed);
  return clock != nullptr ? clock() : base::WallTime{};
}

static void put(RecordHeader header, std::initializer_list<Field> fields, uint32_t text_max) {
  CHECK(header.event != nullptr);
  Ring& ring = PerThread<Ring>::mine();
  header.size = encoded_size(fields, text_max);
  CHECK(header.level <= Level::trace && header.component < Component::kCount);
  char* place = ring.reserve(header.size);
  if (place == nullptr) {
    count(Counter::trace_records_dropped);
    wake_log();
    return;
  }
  header.time = stamp();
  if (encode(header, fields, text_max, place)) count(Counter::trace_texts_truncated);
  ring.commit(header.size);
  count(Counter::trace_records);
  if (header.level <= Level::error || ring.wants_drain()) wake_log();
}

void write(Component component, Level level, const char* event,
           std::initializer_list<Field> fields) {
  const bool for_log = wanted_in_log(component, level);
  const bool for_watchers = g_watching.load(std::memory_order_relaxed) && names_watched(fields);
  if (!for_log && !for_watchers) return;
  put({.component = component, .level = level, .watched_only = !for_log, .event = event}, fields,
      kTextBytesMax);
}

// The start of an element that carries credentials, up to the end of its name; empty if `xml` is
// none. A second lock on a door that callers already keep shut.
static base::Bytes secret_tag(base::Bytes xml) {
  static constexpr base::Bytes kSecret[] = {"<auth", "<response", "<challenge", "<success",
                                            "<authenticate"};
  const base::Bytes tag = xml.substr(0, xml.find_first_of(" \t\r\n/>"));
  for (const base::Bytes secret : kSecret) {
    if (tag == secret) return tag;
  }
  return {};
}

void write_stanza(base::Bytes bare_jid, bool from_client, base::Bytes xml) {
  const base::Bytes secret = secret_tag(xml);
  const bool password = xml.find("<password") != base::Bytes::npos;  // XEP-0077
  if (!secret.empty()) xml = secret;
  if (secret.empty() && password) xml = "<!-- withheld: holds a password -->";
  put({.component = Component::stream, .level = Level::trace, .watched_only = 1, .event = "stanza"},
      {{"user", bare_jid}, {"direction", from_client ? "in" : "out"}, {"xml", xml}},
      kStanzaBytesMax);
}

}  // namespace trace
