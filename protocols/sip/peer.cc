#include "protocols/sip/peer.h"

#include <algorithm>

#include "protocols/sip/identity.h"
#include "protocols/sip/options.h"

namespace sip {
namespace {

bool same_host(const base::SocketAddress& a, const base::SocketAddress& b) {
  return a.family == b.family && a.octets == b.octets;
}

}  // namespace

base::Bytes TrunkPeer::name() const {
  if (node) return host_node;
  return domains.empty() ? base::Bytes() : domains.front();
}

bool TrunkPeer::serves(base::Bytes domain) const {
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

bool TrunkPeer::speaks_from(const Flow& source) const {
  if (source.peer != 0) return source.peer == id;
  if (!subjects.empty() || (!source.reliable() && !datagrams)) return false;
  return same_host(address, source.remote) ||
         std::any_of(sources.begin(), sources.end(),
                     [&](const base::SocketAddress& one) { return same_host(one, source.remote); });
}

bool trusted(const std::vector<TrunkPeer>& peers, const Flow& source) {
  return std::any_of(peers.begin(), peers.end(),
                     [&](const TrunkPeer& peer) { return peer.speaks_from(source); });
}

bool trusted_for(const std::vector<TrunkPeer>& peers, const Flow& source, base::Bytes domain) {
  return std::any_of(peers.begin(), peers.end(), [&](const TrunkPeer& peer) {
    return peer.speaks_from(source) && peer.serves(domain);
  });
}

const TrunkPeer* peer_named(const std::vector<TrunkPeer>& peers,
                            std::span<const engine::CertificateName> names) {
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const TrunkPeer& peer) {
    return identifies(names, peer.subjects);
  });
  return found == peers.end() ? nullptr : &*found;
}

bool may_publish(const std::vector<TrunkPeer>& peers, const Flow& source) {
  return std::any_of(peers.begin(), peers.end(), [&](const TrunkPeer& peer) {
    return peer.publishes && peer.speaks_from(source);
  });
}

void append_contact(const TrunkPeer& peer, const Options& options, base::Sink& out) {
  out.append("<sip:").append(peer.tls ? options.sent_by_tls : options.sent_by);
  if (!peer.datagrams) out.append(peer.tls ? ";transport=tls" : ";transport=tcp");
  out.append(">");
}

const TrunkPeer* peer_of(const std::vector<TrunkPeer>& peers, uint64_t id) {
  const auto found =
      std::find_if(peers.begin(), peers.end(), [&](const TrunkPeer& one) { return one.id == id; });
  return found == peers.end() ? nullptr : &*found;
}

bool speaks_from_a_node(const std::vector<TrunkPeer>& peers, const Flow& source) {
  return std::any_of(peers.begin(), peers.end(),
                     [&](const TrunkPeer& peer) { return peer.node && peer.speaks_from(source); });
}

const TrunkPeer* peer_at_node(const std::vector<TrunkPeer>& peers, engine::NodeId node) {
  const auto found = std::find_if(peers.begin(), peers.end(),
                                  [&](const TrunkPeer& one) { return one.node == node; });
  return found == peers.end() ? nullptr : &*found;
}

const TrunkPeer* peer_for(const std::vector<TrunkPeer>& peers, base::Bytes domain) {
  const auto found = std::find_if(peers.begin(), peers.end(),
                                  [&](const TrunkPeer& peer) { return peer.serves(domain); });
  return found == peers.end() ? nullptr : &*found;
}

}  // namespace sip
