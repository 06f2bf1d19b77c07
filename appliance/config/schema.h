// The schema of rollcall.toml: every key once, with its type, default, range, help, and whether it
// takes effect on reload. The loader, the commented example, the table in rollcall.toml(5) and the
// reload's report are all made from it.
// Constant data; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "appliance/config/config.h"

namespace appliance {

enum class Kind : uint8_t { integer, boolean, text, choice, list };

// A key's value on its way between TOML and the typed structures.
struct Value {
  int64_t number = 0;  // integer; choice: index
  bool truth = false;
  std::string text;
  std::vector<std::string> list;
  bool operator==(const Value&) const = default;
};

template <class Target>
struct Key {
  std::string path;  // "net.send_hard_bytes"
  Kind kind = Kind::integer;
  int64_t low = 0;  // integer
  int64_t high = 0;
  std::vector<std::string> choices;
  std::string help;    // one or two sentences, with the unit
  std::string pinned;  // why a reload cannot change it; "": it can
  void (*set)(Target&, const Value&) = nullptr;
  Value (*get)(const Target&) = nullptr;
};

using ConfigKey = Key<Config>;
using ListenerKey = Key<ListenerConfig>;
using CertificateKey = Key<CertificateConfig>;
using SipPeerKey = Key<SipPeerConfig>;

std::span<const ConfigKey> config_keys();
std::span<const ListenerKey> listener_keys();        // of each [[listener]]
std::span<const CertificateKey> certificate_keys();  // of each [[certificate]]
std::span<const SipPeerKey> sip_peer_keys();         // of each [[sip.peer]]
const char* listener_help();
const char* certificate_help();
const char* sip_peer_help();
const char* listener_pinned();

// A value as TOML writes it.
template <class Target>
std::string to_toml(const Key<Target>& key, const Value& value);

// The whole file with every key at its default, commented out and explained.
std::string example_config();
// The key list of rollcall.toml(5), in man(7) macros.
std::string manual_keys();

}  // namespace appliance
