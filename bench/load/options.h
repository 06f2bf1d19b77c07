// What the command line says: whom to load, as whom, and the phases with their parameters. Plain
// data, fixed once the worker processes start; they read the copy they were forked with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace load {

enum class Tls : uint8_t { off, starttls, direct };
enum class Sasl : uint8_t { plain, scram_sha_1, scram_sha_256 };
enum class PhaseKind : uint8_t {
  login,
  logout,
  memory,
  messages,
  presence,
  roster,
  office,
  reconnect,
  sip_options,
  sip_message,
  sip_publish,
  sip_subscribe,
  sip_notify,
  sip_hold
};
inline constexpr PhaseKind kLastPhase = PhaseKind::sip_hold;

// "messages:active=1000,window=16". Parameters that are not given have their default.
struct Phase {
  PhaseKind kind = PhaseKind::login;
  std::map<std::string, double, std::less<>> numbers;
  bool to_full_jid = false;  // of messages
  bool over_tcp = false;     // of SIP

  bool is_sip() const { return kind >= PhaseKind::sip_options; }
  double number(std::string_view name) const { return numbers.find(name)->second; }
  uint32_t count(std::string_view name) const { return static_cast<uint32_t>(number(name)); }
};

struct Options {
  std::string address = "127.0.0.1";
  uint16_t port = 5222;
  int pid = 0;
  std::string pid_file;
  std::string domain = "localhost";
  uint16_t sip_port = 0;
  uint16_t sip_peer_port = 0;
  uint32_t users = 100;
  uint32_t first = 0;
  std::string password = "bench";
  uint32_t contacts = 0;
  Tls tls = Tls::off;
  uint16_t tls_version = 0;  // 0x0303, 0x0304; 0: either
  bool tickets = false;
  Sasl sasl = Sasl::plain;
  bool stream_management = false;
  bool raw = false;
  uint32_t workers = 0;
  std::vector<int> cpus;
  uint32_t batch = 1;
  uint32_t ease = 100;  // percent of the time that a worker works at most
  std::string restart;
  uint32_t give_up_seconds = 120;
  std::string label;
  std::string json_file;
  std::string html_file;
  std::vector<Phase> phases;
};

inline constexpr uint32_t kUsersPerWorker = 15'000;

const char* name_of(PhaseKind kind);
const char* unit_of(PhaseKind kind);
const char* name_of(Tls tls);
const char* name_of(Sasl sasl);

base::Result<Phase> parse_phase(std::string_view text);
base::Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace load
