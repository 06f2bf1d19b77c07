// Systems that this node speaks SIP with because its operator says so: trunks to call managers and
// their like. Known by the certificate they show, or else by the addresses they speak from; whose
// users are there, by domain.
// Plain data, part of Options; any shard.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/seam/partition.h"
#include "engine/seam/service.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

struct Options;

// What becomes of a peer's request that reaches another node than the one its user lives on
// (service_nodes.cc). `redirect` is the default: it names the host node once, and all that follows
// goes there at once; by `proxy` each request costs two nodes a transaction.
enum class WrongNode : uint8_t { redirect, proxy };

struct TrunkPeer {
  uint64_t id = 0;                           // of these settings: other ones, another peer
  std::vector<std::string> domains;          // normalised; of no other peer, and none of ours
  base::SocketAddress address;               // where requests go; or `host`, which is a name
  std::string host;                          // without an address it speaks from `sources` alone
  uint16_t port = 0;                         // at `host`; 0: where SRV records say (RFC 3263)
  std::vector<base::SocketAddress> sources;  // from where they come, besides; ports do not count
  // It is spoken with by UDP, too; else by connections alone, as the source of a datagram is
  // anybody's word.
  bool datagrams = false;
  bool tls = false;  // requests go by TLS; not empty `subjects`
  // Its certificate names one of these SIP domains (identity.h; in lower case). It is known by that
  // then, from any address, and by no address alone.
  std::vector<std::string> subjects;
  bool publishes = false;  // what the phones of this node's users do
  bool watches = false;    // its users see ours without asking them
  bool sessions = false;   // its users are written to in sessions, begun by INVITE
  WrongNode wrong_node = WrongNode::redirect;
  // It is another node of our cluster: what it passes on, others have sent (origin.h).
  std::optional<engine::NodeId> node;
  std::string host_node;      // its name in Contacts then: host, or host:port
  std::string host_node_tls;  // … by TLS

  base::Bytes name() const;  // for logs

  bool serves(base::Bytes domain) const;
  bool speaks_from(const Flow& source) const;
};

// Does anybody we trust speak from there?
bool trusted(const std::vector<TrunkPeer>& peers, const Flow& source);
// … for users of this domain? Several peers may share an address.
bool trusted_for(const std::vector<TrunkPeer>& peers, const Flow& source, base::Bytes domain);
// Whose certificate this is; null: nobody's we know.
const TrunkPeer* peer_named(const std::vector<TrunkPeer>& peers,
                            std::span<const engine::CertificateName> names);
// … and says what our users' phones do?
bool may_publish(const std::vector<TrunkPeer>& peers, const Flow& source);
// The one of this TrunkPeer::id; null: it is gone.
const TrunkPeer* peer_of(const std::vector<TrunkPeer>& peers, uint64_t id);
// Does another node of our cluster?
bool speaks_from_a_node(const std::vector<TrunkPeer>& peers, const Flow& source);
// This node of our cluster; null: none we know.
const TrunkPeer* peer_at_node(const std::vector<TrunkPeer>& peers, engine::NodeId node);
// Who has the users of this domain; null: nobody.
const TrunkPeer* peer_for(const std::vector<TrunkPeer>& peers, base::Bytes domain);
// "<sip:…>": where this peer sends requests in a dialog with us.
void append_contact(const TrunkPeer& peer, const Options& options, base::Sink& out);

}  // namespace sip
