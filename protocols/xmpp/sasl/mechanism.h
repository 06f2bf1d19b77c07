// SASL mechanisms (RFC 4422) as this server knows them: names, the list offered to a connection,
// and the hash that lets a client see that nobody shortened that list (XEP-0474).
// Values; any shard.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace xmpp::sasl {

enum class Mechanism : uint8_t {   // in the order they are offered, strongest first
  scram_sha256_plus, scram_sha1_plus, scram_sha256, scram_sha1, plain, none,
};

base::Bytes name(Mechanism mechanism);
bool parse(base::Bytes name, Mechanism& out);
constexpr bool is_plus(Mechanism m) {
  return m == Mechanism::scram_sha256_plus || m == Mechanism::scram_sha1_plus;
}
constexpr bool is_scram(Mechanism m) { return m < Mechanism::plain; }
constexpr base::HashKind hash_of(Mechanism m) {
  return m == Mechanism::scram_sha256_plus || m == Mechanism::scram_sha256
             ? base::HashKind::sha256
             : base::HashKind::sha1;
}

// What the connection's TLS session can be bound to (RFC 5056). Empty: not available.
struct ChannelBindings {
  std::string exporter;          // tls-exporter (RFC 9266)
  std::string server_end_point;  // tls-server-end-point (RFC 5929 §4)
  std::string unique;            // tls-unique (RFC 5929 §3): taken, but never offered, because on
                                 // TLS 1.3 it is a habit of clients and not a standard
  bool any() const { return !exporter.empty() || !server_end_point.empty(); }
  // The data for a binding's registered name; null if there is none.
  const std::string* find(base::Bytes type) const;
};

// The mechanisms one connection may use; a set of bits 1 << Mechanism.
using MechanismSet = uint8_t;
constexpr MechanismSet bit(Mechanism m) { return static_cast<MechanismSet>(1U << unsigned(m)); }
MechanismSet offered(const ChannelBindings& bindings, bool plain);

// `<sasl-channel-binding/>` (XEP-0440) where there is one, and `<mechanisms/>`.
void write_features(MechanismSet set, const ChannelBindings& bindings, base::Sink& out);
// XEP-0474 §5.1: base64 of the hash over both lists.
std::string downgrade_hash(base::HashKind kind, MechanismSet set, const ChannelBindings& bindings);

// RFC 6120 §6.5, in its order.
enum class Failure : uint8_t {
  aborted, account_disabled, credentials_expired, encryption_required, incorrect_encoding,
  invalid_authzid, invalid_mechanism, malformed_request, mechanism_too_weak, not_authorized,
  temporary_auth_failure,
};
base::Bytes name(Failure failure);

}  // namespace xmpp::sasl
