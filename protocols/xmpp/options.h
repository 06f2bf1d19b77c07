// What an operator may set of the XMPP side. Plain data, filled in by appliance/config, shared by
// all shards and replaced as a whole on reload.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/memory/budget.h"
#include "protocols/im/realm.h"
#include "protocols/xml/limits.h"

namespace xmpp {

enum class TlsMode : uint8_t { required, optional, off };

struct ListenerOptions {              // index = Accepted::listener
  TlsMode tls = TlsMode::required;
  bool direct_tls = false;            // XEP-0368
  bool sasl_without_tls = false;      // test and bench only
};

struct Contact {                      // XEP-0157
  std::string kind;                   // "admin-addresses", "abuse-addresses", …
  std::vector<std::string> addresses;
};

// What a session that ended had not been acknowledged by its client.
enum class UnackedPolicy : uint8_t {
  store,   // routed again: to another resource, or stored
  bounce,  // back to its sender: recipient-unavailable
};

struct Options {
  std::shared_ptr<const im::Options> im;
  std::vector<ListenerOptions> listeners;
  xml::Limits before_authentication{.depth = 64, .stanza_bytes = 10240};
  xml::Limits after_authentication{};
  base::Duration login_timeout = base::Duration::seconds(30);       // accept to bind
  base::Duration idle_timeout = base::Duration::seconds(600);       // then a ping, then 60 s more
  uint32_t authentication_failures_max = 3;
  uint32_t scram_iterations = 10000;  // of new accounts; told for accounts that do not exist
  bool sasl_plain = true;
  bool registration = false;          // XEP-0077, off by default
  uint32_t resume_seconds = 300;      // XEP-0198
  uint32_t unacked_stanzas_max = 1000;
  uint32_t unacked_bytes_max = 262144;
  uint64_t unacked_shard_bytes_max = memory::Budget::kUnackedBytes;  // of all sessions of a shard
  UnackedPolicy unacked = UnackedPolicy::store;
  uint32_t csi_queue_max = 256;       // stanzas held back for an inactive client
  uint32_t vcard_bytes_max = 131072;      // XEP-0054, photo included
  uint32_t private_bytes_max = 65536;     // XEP-0049: one element
  uint32_t private_elements_max = 100;    // XEP-0049: different elements of one account
  uint32_t archive_page_max = 100;        // XEP-0313: messages of one page
  std::vector<Contact> contacts;
  std::string version;                // XEP-0092
  std::string operating_system;       // "" is not told
  base::Instant started{};            // when the node came up (XEP-0012); kept over a reload
};

}  // namespace xmpp
