#include "bench/load/options.h"

#include <algorithm>
#include <cstring>

#include "engine/base/number.h"

namespace load {

namespace {

template <class Integer>
bool number(std::string_view text, Integer low, Integer high, Integer& out) {
  Integer value{};
  if (!base::parse_number(text, value) || value < low || value > high) return false;
  out = value;
  return true;
}

bool text(std::string_view value, std::string& out) {
  out = value;
  return true;
}

template <class Enum>
bool choice(std::string_view value, std::initializer_list<Enum> all, Enum& out) {
  for (const Enum one : all) {
    if (value != name_of(one)) continue;
    out = one;
    return true;
  }
  return false;
}

bool version(std::string_view value, uint16_t& out) {
  if (value != "1.2" && value != "1.3") return false;
  out = value == "1.2" ? 0x0303 : 0x0304;
  return true;
}

// "1", "0,2", "1-3"
bool cores(std::string_view value, std::vector<int>& out) {
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    const std::string_view item = value.substr(0, comma);
    const size_t dash = std::min(item.find('-'), item.size());
    int low = 0;
    if (!number(item.substr(0, dash), 0, 1023, low)) return false;
    int high = low;
    if (dash < item.size() && !number(item.substr(dash + 1), low, 1023, high)) return false;
    for (int core = low; core <= high; ++core) out.push_back(core);
    value = value.substr(std::min(comma + 1, value.size()));
  }
  return !out.empty();
}

bool set_flag(Options& options, std::string_view name) {
  if (name == "--tickets")
    options.tickets = true;
  else if (name == "--stream-management")
    options.stream_management = true;
  else if (name == "--raw")
    options.raw = true;
  else
    return false;
  return true;
}

bool is_option(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "--address", "--port",     "--pid",      "--pid-file", "--domain",       "--users",
      "--first",   "--password", "--contacts", "--tls",      "--tls-version",  "--sasl",
      "--workers", "--cpus",     "--batch",    "--ease",     "--restart",      "--give-up",
      "--label",   "--json",     "--html",     "--sip-port", "--sip-peer-port"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool set_value(Options& options, std::string_view name, std::string_view value) {
  if (name == "--address") return text(value, options.address);
  if (name == "--port") return number<uint16_t>(value, 1, 65535, options.port);
  if (name == "--sip-port") return number<uint16_t>(value, 1, 65535, options.sip_port);
  if (name == "--sip-peer-port") return number<uint16_t>(value, 1, 65535, options.sip_peer_port);
  if (name == "--pid") return number(value, 1, INT32_MAX, options.pid);
  if (name == "--pid-file") return text(value, options.pid_file);
  if (name == "--domain") return text(value, options.domain);
  if (name == "--users") return number<uint32_t>(value, 1, 10'000'000, options.users);
  if (name == "--first") return number<uint32_t>(value, 0, 10'000'000, options.first);
  if (name == "--password") return text(value, options.password);
  if (name == "--contacts") return number<uint32_t>(value, 0, 10'000, options.contacts);
  if (name == "--tls") return choice(value, {Tls::off, Tls::starttls, Tls::direct}, options.tls);
  if (name == "--tls-version") return version(value, options.tls_version);
  if (name == "--sasl") {
    return choice(value, {Sasl::plain, Sasl::scram_sha_1, Sasl::scram_sha_256}, options.sasl);
  }
  if (name == "--workers") return number<uint32_t>(value, 1, 64, options.workers);
  if (name == "--cpus") return cores(value, options.cpus);
  if (name == "--ease") return number<uint32_t>(value, 10, 100, options.ease);
  if (name == "--batch") return number<uint32_t>(value, 1, 4096, options.batch);
  if (name == "--restart") return text(value, options.restart);
  if (name == "--give-up") return number<uint32_t>(value, 1, 86'400, options.give_up_seconds);
  if (name == "--label") return text(value, options.label);
  if (name == "--json") return text(value, options.json_file);
  if (name == "--html") return text(value, options.html_file);
  return false;
}

base::Status check(const Options& options) {
  if (options.phases.empty()) return base::Error{"no phase is named"};
  if (options.raw && (options.tls != Tls::off || options.stream_management)) {
    return base::Error{"--raw is neither encrypted nor managed"};
  }
  if (options.first % (options.contacts + 1) != 0) {
    return base::Error{"--first must begin a clique of --contacts + 1 accounts"};
  }
  for (const Phase& phase : options.phases) {
    if (phase.kind == PhaseKind::reconnect && options.restart.empty()) {
      return base::Error{"the phase reconnect needs --restart"};
    }
    if (phase.is_sip() && options.sip_port == 0) {
      return base::Error{std::string(name_of(phase.kind)) + " needs --sip-port"};
    }
    const bool fans_out = phase.kind == PhaseKind::presence || phase.kind == PhaseKind::office;
    if (fans_out && options.contacts == 0) {
      return base::Error{std::string(name_of(phase.kind)) + " needs --contacts"};
    }
    const bool speaks = phase.kind == PhaseKind::roster || phase.kind == PhaseKind::office;
    if (speaks && options.raw) {
      return base::Error{std::string(name_of(phase.kind)) + " cannot be had with --raw"};
    }
  }
  return base::Status::ok();
}

}  // namespace

const char* name_of(Tls tls) {
  static constexpr const char* kNames[] = {"off", "starttls", "direct"};
  return kNames[static_cast<unsigned>(tls)];
}

const char* name_of(Sasl sasl) {
  static constexpr const char* kNames[] = {"plain", "scram-sha-1", "scram-sha-256"};
  return kNames[static_cast<unsigned>(sasl)];
}

base::Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) {
      auto phase = parse_phase(word);
      if (!phase) return phase.error();
      options.phases.push_back(*phase);
      continue;
    }
    if (set_flag(options, word)) continue;
    if (!is_option(word)) return base::Error{"there is no option " + std::string(word)};
    if (i + 1 >= argc) return base::Error{std::string(word) + " wants a value"};
    const std::string_view value = argv[++i];
    if (!set_value(options, word, value)) {
      return base::Error{std::string(word) + " cannot be '" + std::string(value) + "'"};
    }
  }
  if (auto status = check(options); !status) return status.error();
  if (options.workers == 0) {
    options.workers = (options.users + kUsersPerWorker - 1) / kUsersPerWorker;
  }
  return options;
}

}  // namespace load
