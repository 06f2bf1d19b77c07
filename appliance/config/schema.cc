#include "appliance/config/schema.h"

#include <type_traits>

#include "appliance/profile/profile.h"

namespace appliance {
namespace {

template <class Field>
void assign(Field& field, const Value& value) {
  if constexpr (std::is_same_v<Field, bool>) {
    field = value.truth;
  } else if constexpr (std::is_same_v<Field, std::string>) {
    field = value.text;
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    field = value.list;
  } else if constexpr (std::is_same_v<Field, base::Duration>) {
    field = base::Duration::seconds(value.number);
  } else {
    field = static_cast<Field>(value.number);
  }
}

template <class Field>
Value read(const Field& field) {
  Value value;
  if constexpr (std::is_same_v<Field, bool>) {
    value.truth = field;
  } else if constexpr (std::is_same_v<Field, std::string>) {
    value.text = field;
  } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
    value.list = field;
  } else if constexpr (std::is_same_v<Field, base::Duration>) {
    value.number = field.whole_seconds();
  } else {
    value.number = static_cast<int64_t>(field);
  }
  return value;
}

std::vector<std::string> profile_choices() {
  std::vector<std::string> names{"auto"};
  for (const Profile& profile : all_profiles()) names.emplace_back(profile.name);
  return names;
}

std::vector<std::string> level_choices(bool with_default) {
  std::vector<std::string> names;
  if (with_default) names.emplace_back("default");
  for (int i = 0; i <= static_cast<int>(trace::Level::trace); ++i) {
    names.emplace_back(trace::name(static_cast<trace::Level>(i)));
  }
  return names;
}

const char kSockets[] = "listeners are opened once, when the node starts";
const char kSized[] = "memory is divided among the shards once, at start";
const char kDoor[] = "each shard opens its way to the kernel once, at start";
const char kOneStore[] = "the database stays open while the node runs";
const char kDigest[] = "keys are made, and asked for, in one way while the node runs";
const char kOneResolver[] = "names are looked up by one resolver, made at start";
const char kJournalFits[] = "the journal's files are sized for it once, at start";

// A field of the key's target, as the two functions that write and read it.
#define FIELD(Target, expression)                                               \
  [](Target& target, const Value& value) { assign(target.expression, value); }, \
      [](const Target& target) { return read(target.expression); }
#define INTEGER(path, low, high, field, pinned, help) \
  { path, Kind::integer, low, high, {}, help, pinned, FIELD(Config, field) }
#define BOOLEAN(path, field, pinned, help) \
  { path, Kind::boolean, 0, 0, {}, help, pinned, FIELD(Config, field) }
#define TEXT(path, field, pinned, help) \
  { path, Kind::text, 0, 0, {}, help, pinned, FIELD(Config, field) }
#define LIST(path, field, pinned, help) \
  { path, Kind::list, 0, 0, {}, help, pinned, FIELD(Config, field) }
#define CHOICE(path, names, field, pinned, help) \
  { path, Kind::choice, 0, 0, names, help, pinned, FIELD(Config, field) }

using Names = std::vector<std::string>;

std::vector<ConfigKey> make_config_keys() {
  return {
#include "appliance/config/keys.def"
  };
}

#undef INTEGER
#undef BOOLEAN
#undef TEXT
#undef LIST
#undef CHOICE

}  // namespace

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> keys = make_config_keys();
  return keys;
}

std::span<const ListenerKey> listener_keys() {
  static const std::vector<ListenerKey> keys = {
      {"address",
       Kind::text,
       0,
       0,
       {},
       "Numeric address to listen on; \"::\" is every address, "
       "IPv4 and IPv6.",
       kSockets,
       FIELD(ListenerConfig, address)},
      {"port",
       Kind::integer,
       0,
       65535,
       {},
       "TCP port; 0 lets the system choose (for tests).",
       kSockets,
       FIELD(ListenerConfig, port)},
      {"tls",
       Kind::choice,
       0,
       0,
       {"required", "optional", "off"},
       "Whether a stream must be encrypted before login. Anything but \"required\" is for tests "
       "and benchmarks.",
       kSockets,
       FIELD(ListenerConfig, options.tls)},
      {"direct",
       Kind::boolean,
       0,
       0,
       {},
       "TLS from the first byte (XEP-0368) instead of "
       "STARTTLS.",
       kSockets,
       FIELD(ListenerConfig, options.direct_tls)},
      {"sasl_without_tls",
       Kind::boolean,
       0,
       0,
       {},
       "Offer login on an unencrypted stream. For "
       "tests and benchmarks only: passwords cross the network in the clear.",
       kSockets,
       FIELD(ListenerConfig, options.sasl_without_tls)},
  };
  return keys;
}

std::span<const CertificateKey> certificate_keys() {
  static const std::vector<CertificateKey> keys = {
      {"domain",
       Kind::text,
       0,
       0,
       {},
       "Which of `domains` it is for.",
       "",
       FIELD(CertificateConfig, domain)},
      {"chain",
       Kind::text,
       0,
       0,
       {},
       "PEM file: the certificate, then its issuers. A relative path starts at this file's "
       "directory. Read again on reload.",
       "",
       FIELD(CertificateConfig, chain)},
      {"key",
       Kind::text,
       0,
       0,
       {},
       "PEM file: its private key. A relative path starts at this file's directory. Read again "
       "on reload.",
       "",
       FIELD(CertificateConfig, key)},
  };
  return keys;
}

#define PEER_FLAG(path, field, help) \
  { path, Kind::boolean, 0, 0, {}, help, "", FIELD(SipPeerConfig, field) }

static SipPeerKey tls_subjects_key() {
  return {
      "tls_subjects",
      Kind::list,
      0,
      0,
      {},
      "Domain names one of which its certificate has to name: as URI (sip:NAME), else as DNS "
      "name, or, where there are no alternative names, as common name (RFC 5922). It is known by "
      "its certificate then, at the listener \"mutual\" and from any address, and by that alone.",
      "",
      FIELD(SipPeerConfig, tls_subjects)};
}

static SipPeerKey messages_key() {
  return {
      "messages",
      Kind::choice,
      0,
      0,
      {"pager", "session"},
      "How messages go to its users: \"pager\", each by itself (RFC 3428); or \"session\", in a "
      "session that an INVITE begins, as Microsoft's servers want it. Where its own user has "
      "begun a session, that is used either way.",
      "",
      FIELD(SipPeerConfig, messages)};
}

static SipPeerKey wrong_node_key() {
  return {
      "wrong_node",
      Kind::choice,
      0,
      0,
      {"redirect", "proxy"},
      "In a cluster: what becomes of its requests that reach another node than their user's. With "
      "\"redirect\" they are answered with the host node's address (302), which it has to follow; "
      "with \"proxy\" they are passed on to that node. A single node has all users.",
      "",
      FIELD(SipPeerConfig, wrong_node)};
}

std::span<const SipPeerKey> sip_peer_keys() {
  static const std::vector<SipPeerKey> keys = {
      {"address",
       Kind::text,
       0,
       0,
       {},
       "Address that requests for its users are sent to. If it is a name, it is looked up when it "
       "is "
       "needed (RFC 3263): SRV records where no port is given, then addresses; requests from it "
       "are "
       "believed if they come from `sources`, or with a certificate.",
       "",
       FIELD(SipPeerConfig, address)},
      {"port",
       Kind::integer,
       0,
       65535,
       {},
       "Its port; 0 is what SRV records of a name say, else 5060, or 5061 with TLS.",
       "",
       FIELD(SipPeerConfig, port)},
      {"transport",
       Kind::choice,
       0,
       0,
       {"tcp", "udp", "tls"},
       "How requests are sent. With \"tls\" both sides show a certificate; the peer's has to name "
       "one of `tls_subjects`, or, without any, of `domains`. With \"udp\" requests are taken by "
       "datagram, too, whose source "
       "anybody on the way can forge, and messages are limited to 1300 bytes (RFC 3428).",
       "",
       FIELD(SipPeerConfig, transport)},
      {"domains",
       Kind::list,
       0,
       0,
       {},
       "Domains whose users are there: what is for them is sent there, and they alone may be "
       "spoken for.",
       "",
       FIELD(SipPeerConfig, domains)},
      {"sources",
       Kind::list,
       0,
       0,
       {},
       "Numeric addresses it may send requests from, besides `address`.",
       "",
       FIELD(SipPeerConfig, sources)},
      tls_subjects_key(),
      PEER_FLAG("publishes", publishes,
                "It says what the phones of this node's users do (PUBLISH), as a call manager "
                "does."),
      PEER_FLAG("watches", watches,
                "Its users see the presence of this node's users without asking them first. Block "
                "lists count all the same."),
      messages_key(),
      wrong_node_key(),
  };
  return keys;
}

#undef PEER_FLAG
#undef FIELD

const char* listener_help() {
  return "Where clients connect. Without any, the node listens on port 5222 (STARTTLS) and 5223 "
         "(direct TLS) of every address.";
}
const char* certificate_help() {
  return "Certificates. A domain without one gets a self-signed P-256 certificate, made at start "
         "and kept in the data directory, which clients must be told to trust.";
}
const char* sip_peer_help() {
  return "Systems whose SIP requests are trusted for where they come from: trunks to call "
         "managers. "
         "Whoever is not named here may ask what the node can (OPTIONS), and nothing else.";
}
const char* listener_pinned() { return kSockets; }

}  // namespace appliance
