// Configuration files: nothing an operator can write takes the program down; what is refused is
// refused with a place and a reason; what is taken means the same when it is written out again.
#include "appliance/config/config.h"

#include <cstdlib>

#include "appliance/config/schema.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// TOML's basic strings have no place for control characters but as escapes; to_toml() writes
// defaults, which have none.
bool is_plain(const appliance::Value& value) {
  const auto plain = [](const std::string& text) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return true;
  };
  for (const std::string& item : value.list) {
    if (!plain(item)) return false;
  }
  return plain(value.text);
}

void check_written_out(const appliance::Config& config) {
  std::string text;
  for (const appliance::ConfigKey& key : appliance::config_keys()) {
    const appliance::Value value = key.get(config);
    if (!is_plain(value)) return;
    text += key.path + " = " + appliance::to_toml(key, value) + "\n";
  }
  const auto again = appliance::load_config(text);
  require(again.problems.empty());
  for (const appliance::ConfigKey& key : appliance::config_keys()) {
    require(key.get(again.config) == key.get(config));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto loaded = appliance::load_config({reinterpret_cast<const char*>(data), size});
  for (const appliance::Problem& problem : loaded.problems) {
    require(!problem.message.empty() && !problem.remedy.empty());
    require(appliance::describe(problem, "f").starts_with("f:"));
  }
  if (!loaded.problems.empty()) return 0;
  require(!loaded.config.listeners.empty() && !loaded.config.domains.empty());
  const auto options = appliance::xmpp_options(loaded.config);
  require(options->im->domains == loaded.config.domains);
  require(options->listeners.size() == loaded.config.listeners.size());
  // A reload: what cannot change does not.
  const appliance::Config defaults = appliance::load_config("").config;
  appliance::Config wanted = loaded.config;
  appliance::keep_pinned(defaults, wanted);
  require(appliance::pinned_changes(defaults, wanted).empty());
  require(appliance::pinned_changes(loaded.config, loaded.config).empty());
  if (loaded.config.certificates.empty()) check_written_out(loaded.config);
  return 0;
}
