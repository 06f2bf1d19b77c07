// Trace: what operators read. Call sites name a component, a level, an event and fields; below the
// component's level the cost is one load and one branch. Above it a binary record goes into the
// thread's ring; a background thread (trace/log.h) turns rings into logfmt lines.
//   TRACE(sasl, info, "login", {"user", bare}, {"mechanism", name});
// Peers' misdeeds are `debug` at most: a peer must not be able to fill our disk.
// Any thread; never blocks; a full ring drops the record and counts it.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "engine/base/bytes.h"
#include "engine/base/time.h"

namespace trace {

enum class Level : uint8_t { fatal, error, warn, info, debug, trace };

enum class Component : uint8_t {
#define COMPONENT(name, help) name,
#include "engine/trace/components.def"
#undef COMPONENT
  kCount
};

// A field's value: text or a number; views live for the call.
struct Field {
  const char* key;
  base::Bytes text;
  int64_t number = 0;
  bool numeric = false;
  Field(const char* k, base::Bytes v) : key(k), text(v) {}
  Field(const char* k, const char* v) : key(k), text(v) {}
  Field(const char* k, const std::string& v) : key(k), text(v) {}
  template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
  Field(const char* k, T v) : key(k), number(static_cast<int64_t>(v)), numeric(true) {}
};

// What on() compares with: the operator's level, or `trace` while somebody watches a user, whose
// records write() then picks out.
extern std::atomic<uint8_t> g_levels[static_cast<size_t>(Component::kCount)];

inline bool on(Component component, Level level) {
  return static_cast<uint8_t>(level) <=
         g_levels[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}
void set_level(Component component, Level level);
void set_level(Level level);  // all components
Level level(Component component);
bool parse_component(base::Bytes text, Component& out);
bool parse_level(base::Bytes text, Level& out);
base::Bytes name(Component component);
base::Bytes name(Level level);
base::Bytes help(Component component);

// Event and keys must be string literals: only their addresses are recorded. At most 16 fields of
// 1 KiB each; longer texts are cut and counted.
void write(Component component, Level level, const char* event,
           std::initializer_list<Field> fields);
// Where the records' stamps come from; without one they carry the epoch. Once, at start.
void set_clock(base::WallTime (*clock)());

// `rollcall watch --jid J` (trace/watch.h): while anybody watches, stanzas of watched bare JIDs are
// recorded too. Callers never pass SASL payloads; what looks like one is cut all the same.
extern std::atomic<bool> g_watching;
bool watched(base::Bytes bare_jid);  // only asked when g_watching
void write_stanza(base::Bytes bare_jid, bool from_client, base::Bytes xml);
inline void stanza(base::Bytes bare_jid, bool from_client, base::Bytes xml) {
  if (__builtin_expect(g_watching.load(std::memory_order_relaxed), 0) && watched(bare_jid)) {
    write_stanza(bare_jid, from_client, xml);
  }
}

}  // namespace trace

#define TRACE(component_, level_, event_, ...)                                       \
  do {                                                                               \
    if (::trace::on(::trace::Component::component_, ::trace::Level::level_)) {       \
      ::trace::write(::trace::Component::component_, ::trace::Level::level_, event_, \
                     {__VA_ARGS__});                                                 \
    }                                                                                \
  } while (false)
