#include "engine/trace/levels.h"

#include <mutex>

#include "engine/base/check.h"

namespace trace {

static constexpr size_t kComponents = static_cast<size_t>(Component::kCount);
static constexpr uint8_t kInfo = static_cast<uint8_t>(Level::info);
static constexpr uint8_t kTrace = static_cast<uint8_t>(Level::trace);

#define COMPONENT(name, help) kInfo,
std::atomic<uint8_t> g_levels[kComponents] = {
#include "engine/trace/components.def"
};
static std::atomic<uint8_t> g_wanted[kComponents] = {
#include "engine/trace/components.def"
};
#undef COMPONENT

// Levels are set by operators, seldom; readers take no lock.
static std::mutex g_mutex;
static bool g_raised = false;

namespace {

struct Text {
  base::Bytes name;
  base::Bytes help;
};

}  // namespace

static constexpr Text kComponentTexts[] = {
#define COMPONENT(name, help) {#name, help},
#include "engine/trace/components.def"
#undef COMPONENT
};
static constexpr base::Bytes kLevelNames[] = {"fatal", "error", "warn", "info", "debug", "trace"};

// With the mutex held.
static void apply(size_t component) {
  CHECK(component < kComponents);
  const uint8_t wanted = g_wanted[component].load(std::memory_order_relaxed);
  CHECK(wanted <= kTrace);
  g_levels[component].store(g_raised ? kTrace : wanted, std::memory_order_relaxed);
}

void set_level(Component component, Level level) {
  CHECK(component < Component::kCount && level <= Level::trace);
  const std::lock_guard lock(g_mutex);
  const auto index = static_cast<size_t>(component);
  g_wanted[index].store(static_cast<uint8_t>(level), std::memory_order_relaxed);
  apply(index);
}

void set_level(Level level) {
  for (size_t i = 0; i < kComponents; ++i) set_level(static_cast<Component>(i), level);
}

void raise_levels_for_watching(bool watching) {
  const std::lock_guard lock(g_mutex);
  g_raised = watching;
  for (size_t i = 0; i < kComponents; ++i) apply(i);
}

bool wanted_in_log(Component component, Level level) {
  CHECK(component < Component::kCount);
  return static_cast<uint8_t>(level) <=
         g_wanted[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}

Level level(Component component) {
  CHECK(component < Component::kCount);
  return static_cast<Level>(
      g_wanted[static_cast<size_t>(component)].load(std::memory_order_relaxed));
}

bool parse_component(base::Bytes text, Component& out) {
  for (size_t i = 0; i < kComponents; ++i) {
    if (kComponentTexts[i].name != text) continue;
    out = static_cast<Component>(i);
    return true;
  }
  return false;
}

bool parse_level(base::Bytes text, Level& out) {
  for (uint8_t i = 0; i <= kTrace; ++i) {
    if (kLevelNames[i] != text) continue;
    out = static_cast<Level>(i);
    return true;
  }
  return false;
}

base::Bytes name(Component component) {
  CHECK(component < Component::kCount);
  return kComponentTexts[static_cast<size_t>(component)].name;
}

base::Bytes help(Component component) {
  CHECK(component < Component::kCount);
  return kComponentTexts[static_cast<size_t>(component)].help;
}

base::Bytes name(Level level) {
  CHECK(level <= Level::trace);
  return kLevelNames[static_cast<size_t>(level)];
}

}  // namespace trace
