// What an operator may set of the SIP side. Plain data, filled in by appliance/config and shared by
// all shards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "protocols/sip/message/limits.h"
#include "protocols/sip/peer.h"
#include "protocols/sip/transaction/client_transactions.h"
#include "protocols/sip/transaction/server_transactions.h"

namespace sip {

// `mutual` is TLS where the other side has to show a certificate, too.
enum class ListenerKind : uint8_t { udp, tcp, tls, mutual };

struct Options {
  // SIP's listeners stand together in the node's list: the first of them, and what each one is.
  uint16_t first_listener = 0;
  std::vector<ListenerKind> listeners;
  Limits message;
  // Of one shard, from its budget.
  ServerTransactions::Limits server;
  uint64_t unfinished_bytes_max = 8u << 20;                     // beginnings of messages
  base::Duration idle_timeout = base::Duration::seconds(1800);  // of a connection; then closed

  ClientTransactions::Limits client;  // of one shard, from its budget
  uint32_t subscriptions_max = 1000;  // of one shard, from its budget
  // Sessions of messages, begun by INVITE.
  uint32_t im_sessions_max = 1000;                        // of one shard, from its budget
  base::Duration im_idle = base::Duration::seconds(600);  // without a message; then BYE
  // Our own users may ask, when they have proved who they are (RFC 7616, RFC 8760).
  bool digest = false;
  bool digest_sha256 = true;  // at least one of the two
  bool digest_md5 = true;
  base::Duration nonce_life = base::Duration::seconds(300);

  std::string sent_by;       // of our Vias: host, or host:port
  std::string sent_by_tls;   // … by TLS
  uint16_t tls_context = 0;  // of the node's for clients: connections to peers
  // Silence of a connection to a peer before it is pinged (RFC 5626 §4.4.1); zero: never.
  base::Duration keepalive = base::Duration::seconds(10);
  std::vector<std::string> hosts;  // other names of this node in URIs, normalised
  std::string domain;              // whose users a URI with one of them means
  std::vector<TrunkPeer> peers;

  // The first listener of this kind; false: there is none.
  bool find_listener(ListenerKind kind, uint16_t& out) const {
    for (size_t i = 0; i < listeners.size(); ++i) {
      out = static_cast<uint16_t>(first_listener + i);
      if (listeners[i] == kind) return true;
    }
    return false;
  }
  ListenerKind kind_of(uint16_t listener) const { return listeners[listener - first_listener]; }
  bool is_tls(uint16_t listener) const {
    if (!owns(listener)) return false;
    const ListenerKind kind = listeners[listener - first_listener];
    return kind == ListenerKind::tls || kind == ListenerKind::mutual;
  }
  bool owns(uint16_t listener) const {
    return listener >= first_listener && listener < first_listener + listeners.size();
  }
};

}  // namespace sip
