// The phases, their parameters and defaults; what README.md lists.
#include <cstdlib>

#include "bench/load/options.h"

namespace load {

namespace {

struct PhaseFacts {
  const char* name;
  const char* unit;
  std::map<std::string, double, std::less<>> defaults;
};

const PhaseFacts& facts(PhaseKind kind) {
  static const PhaseFacts kFacts[] = {
      {"login", "login", {{"at_once", 64}, {"rate", 0}}},
      {"logout", "logout", {}},
      {"memory", "session", {{"settle", 15}}},
      {"messages",
       "message",
       {{"active", 0}, {"window", 1}, {"seconds", 5}, {"warmup", 2}, {"bytes", 300}, {"rate", 0}}},
      {"presence",
       "delivery",
       {{"groups", 50}, {"people", 1}, {"seconds", 5}, {"warmup", 2}, {"bytes", 300}, {"rate", 0}}},
      {"roster", "fetch", {{"at_once", 64}, {"seconds", 5}, {"warmup", 1}}},
      {"office",
       "event",
       {{"hour", 60},
        {"seconds", 60},
        {"warmup", 5},
        {"presences", 6},
        {"messages", 10},
        {"logins", 0.5}}},
      {"reconnect", "login", {{"at_once", 64}, {"seconds", 60}}},
      {"sip_options", "transaction", {{"window", 64}, {"seconds", 5}, {"warmup", 2}}},
      {"sip_message",
       "message",
       {{"window", 64}, {"seconds", 5}, {"warmup", 2}, {"bytes", 300}, {"away", 0}}},
      {"sip_publish", "transaction", {{"window", 64}, {"seconds", 5}, {"warmup", 2}}},
      {"sip_subscribe", "transaction", {{"window", 64}, {"seconds", 5}, {"warmup", 2}}},
      {"sip_notify",
       "notification",
       {{"presentities", 100}, {"watchers", 50}, {"window", 4}, {"seconds", 5}, {"warmup", 5}}},
      {"sip_hold",
       "subscription",
       {{"subscriptions", 100'000},
        {"expires", 120},
        {"window", 32},
        {"seconds", 120},
        {"warmup", 60},
        {"expire", 0}}},
  };
  return kFacts[static_cast<unsigned>(kind)];
}

constexpr double kWindowMax = 64;
constexpr double kSipWindowMax = 1024;

// Below these the phase would do nothing, or something else than it says.
base::Status check(const Phase& phase) {
  for (const auto& [name, value] : phase.numbers) {
    const bool positive = name == "at_once" || name == "window" || name == "seconds" ||
                          name == "groups" || name == "people" || name == "hour" ||
                          name == "presentities" || name == "watchers" || name == "subscriptions" ||
                          name == "expires";
    if (value < 0 || (positive && value <= 0)) return base::Error{name + " is too small"};
    if (value > 1e9) return base::Error{name + " is too large"};
    if (name == "bytes" && (value < 150 || value > 4096)) {
      return base::Error{"bytes must be 150 to 4096"};
    }
    const double most = phase.is_sip() ? kSipWindowMax : kWindowMax;
    if (name == "window" && value > most) {
      return base::Error{"window must be 1 to " + std::to_string(static_cast<int>(most))};
    }
  }
  return base::Status::ok();
}

base::Status set(Phase& phase, std::string_view item) {
  const size_t equals = item.find('=');
  if (equals == std::string_view::npos) {
    return base::Error{"'" + std::string(item) + "': want NAME=VALUE"};
  }
  const std::string name(item.substr(0, equals));
  const std::string value(item.substr(equals + 1));
  if (phase.kind == PhaseKind::messages && name == "to") {
    if (value != "bare" && value != "full") return base::Error{"to is bare or full"};
    phase.to_full_jid = value == "full";
    return base::Status::ok();
  }
  if (phase.is_sip() && name == "over") {
    if (value != "udp" && value != "tcp") return base::Error{"over is udp or tcp"};
    phase.over_tcp = value == "tcp";
    return base::Status::ok();
  }
  const auto known = phase.numbers.find(name);
  if (known == phase.numbers.end()) {
    return base::Error{std::string(name_of(phase.kind)) + " has no parameter '" + name + "'"};
  }
  char* end = nullptr;
  known->second = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0') return base::Error{"'" + value + "' is not a number"};
  return base::Status::ok();
}

}  // namespace

const char* name_of(PhaseKind kind) { return facts(kind).name; }
const char* unit_of(PhaseKind kind) { return facts(kind).unit; }

base::Result<Phase> parse_phase(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string_view name = text.substr(0, colon);
  for (unsigned i = 0; i <= static_cast<unsigned>(kLastPhase); ++i) {
    const auto kind = static_cast<PhaseKind>(i);
    if (name != facts(kind).name) continue;
    Phase phase{.kind = kind, .numbers = facts(kind).defaults};
    std::string_view rest = text.substr(std::min(colon + 1, text.size()));
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (auto status = set(phase, rest.substr(0, comma)); !status) return status.error();
      rest = rest.substr(std::min(comma + 1, rest.size()));
    }
    if (auto status = check(phase); !status) return status.error();
    return phase;
  }
  return base::Error{"there is no phase '" + std::string(name) + "'"};
}

}  // namespace load
