// The configuration, typed: what rollcall.toml says, with defaults for what it leaves out. The
// keys, their ranges and their help stand in schema.cc; the file may be empty.
// Made by load_config() on the main thread; read only afterwards; a reload makes a new one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/net/options.h"
#include "engine/trace/trace.h"
#include "protocols/sip/options.h"
#include "protocols/xmpp/options.h"

namespace appliance {

enum class IoBackend : uint8_t { automatic, uring, epoll };
enum class Durability : uint8_t { full, relaxed };  // as store::Durability

// Index 0 of a `profile` or trace level choice: nothing chosen here.
constexpr uint8_t kUnset = 0;

struct ListenerConfig {
  std::string address = "::";
  uint16_t port = 5222;
  xmpp::ListenerOptions options;
};

struct CertificateConfig {
  std::string domain;
  std::string chain;  // PEM: the certificate, then its issuers
  std::string key;    // PEM
  uint32_t line = 0;  // where the file names it
};

// XEP-0157: one list of addresses a kind, in the order of kContactKinds.
inline constexpr const char* kContactKinds[] = {"abuse",    "admin",  "feedback", "sales",
                                                "security", "status", "support"};

struct StoreConfig {
  Durability durability = Durability::full;
  uint32_t pbkdf2_iterations = 10000;
};

struct ArchiveConfig {
  uint32_t days = 0;  // 0: for good
  uint64_t bytes_max = uint64_t{20} << 30;
};

struct JournalConfig {  // sizes a shard
  uint64_t segment_bytes = 8 << 20;
  uint64_t bytes_max = 256 << 20;
};

struct AdminConfig {
  std::string socket;  // "": DATA/admin.sock
  std::string metrics_address = "127.0.0.1";
  uint16_t metrics_port = 9280;
  bool metrics = true;
  bool metrics_anywhere = false;
};

struct TraceConfig {
  trace::Level level = trace::Level::info;
  // 0: as `level`; else 1 + trace::Level.
  std::array<uint8_t, static_cast<size_t>(trace::Component::kCount)> components{};
};

constexpr uint8_t kPeerTcp = 0;
constexpr uint8_t kPeerUdp = 1;
constexpr uint8_t kPeerTls = 2;

constexpr uint8_t kPeerPager = 0;
constexpr uint8_t kPeerSession = 1;

constexpr uint8_t kPeerRedirect = 0;
constexpr uint8_t kPeerProxy = 1;

struct SipPeerConfig {
  std::string address;
  uint16_t port = 0;
  uint8_t transport = 0;  // index of its choice: kPeerTcp …
  std::vector<std::string> domains;
  std::vector<std::string> sources;
  std::vector<std::string> tls_subjects;
  bool publishes = false;
  bool watches = false;
  uint8_t messages = 0;    // index of its choice: kPeerPager …
  uint8_t wrong_node = 0;  // … kPeerRedirect …
};

struct SipConfig {
  bool enabled = false;
  std::string address = "::";
  std::vector<std::string> transports{"udp", "tcp", "tls"};
  uint16_t udp_port = 5060;
  uint16_t tcp_port = 5060;
  uint16_t tls_port = 5061;
  uint16_t mutual_port = 5062;
  std::string ca_file;
  std::vector<std::string> hosts;
  std::vector<SipPeerConfig> peers;
  sip::Options options;  // without listeners and peers: see sip_options()
};

struct Config {
  std::vector<std::string> domains{"localhost"};
  std::string data = "/var/lib/rollcall";
  uint8_t profile = kUnset;  // 0: detect; else 1 + index into all_profiles()
  uint16_t shards = 0;       // 0: one a CPU
  IoBackend io = IoBackend::automatic;
  std::vector<ListenerConfig> listeners;  // never empty after loading
  std::vector<CertificateConfig> certificates;
  engine::NetOptions net;        // without listeners and connections_per_shard
  uint32_t connections_max = 0;  // of the node; 0: from the profile
  bool direct_descriptors = false;
  StoreConfig store;
  JournalConfig journal;
  ArchiveConfig archive;
  AdminConfig admin;
  TraceConfig trace;
  xmpp::Options xmpp;  // without im, listeners, contacts: see xmpp_options()
  im::Options im;      // without domains
  // Of im.presentity.rules.order, which follows from it: all but "offline", the last.
  std::vector<std::string> presence_order{"do-not-disturb", "on-the-phone", "meeting",      "busy",
                                          "available",      "away",         "extended-away"};
  std::array<std::vector<std::string>, std::size(kContactKinds)> contacts;
  std::vector<std::string> dns_servers;
  SipConfig sip;
};

// What the protocol gets: the pieces above put together. Immutable and shared by all shards.
std::shared_ptr<const xmpp::Options> xmpp_options(const Config& config);
// Its limits of memory are still to be filled in from the budget. Null: SIP is off.
std::shared_ptr<sip::Options> sip_options(const Config& config);

// SIP's listeners, which follow XMPP's in the node's list.
struct SipListener {
  sip::ListenerKind kind = sip::ListenerKind::udp;
  uint16_t port = 0;
};
std::vector<SipListener> sip_listeners(const SipConfig& sip);

// A mistake in the file, for people: `file:line:column: message; remedy`.
struct Problem {
  uint32_t line = 0;
  uint32_t column = 0;
  std::string message;
  std::string remedy;
};
std::string describe(const Problem& problem, base::Bytes file);
std::string describe(const std::vector<Problem>& problems, base::Bytes file);  // a line each

struct LoadedConfig {
  Config config;
  std::vector<Problem> problems;  // not empty: `config` must not be used
};

// Never fails half-way: every mistake is found in one go. Relative paths in it start at `folder`
// ("": where the process is).
LoadedConfig load_config(base::Bytes text, const std::string& folder = "");
// The same from a file, at whose directory relative paths start: so the node and every command read
// the same, wherever they are started. A file that cannot be read is a problem at line 0.
LoadedConfig load_config_file(const std::string& path);

// Names of keys that differ and cannot change while the node runs, each with its reason.
struct Pinned {
  std::string key;
  std::string why;
};
std::vector<Pinned> pinned_changes(const Config& running, const Config& wanted);
// Gives those keys of `wanted` the values they have in `running`.
void keep_pinned(const Config& running, Config& wanted);

}  // namespace appliance
