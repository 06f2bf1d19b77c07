#include "appliance/config/config.h"

#include <algorithm>

#include "appliance/config/schema.h"
#include "engine/base/hash.h"

namespace appliance {

std::shared_ptr<const xmpp::Options> xmpp_options(const Config& config) {
  auto im = std::make_shared<im::Options>(config.im);
  im->domains = config.domains;
  auto xmpp = std::make_shared<xmpp::Options>(config.xmpp);
  xmpp->im = std::move(im);
  for (const ListenerConfig& listener : config.listeners) {
    xmpp->listeners.push_back(listener.options);
  }
  for (size_t i = 0; i < config.contacts.size(); ++i) {
    if (config.contacts[i].empty()) continue;
    xmpp->contacts.push_back({std::string(kContactKinds[i]) + "-addresses", config.contacts[i]});
  }
  // Imaginary accounts are challenged like those made now, or their absence would show.
  xmpp->scram_iterations = config.store.pbkdf2_iterations;
  xmpp->version = ROLLCALL_VERSION;
  return xmpp;
}

std::vector<SipListener> sip_listeners(const SipConfig& sip) {
  std::vector<SipListener> all;
  if (!sip.enabled) return all;
  for (const std::string& transport : sip.transports) {
    if (transport == "udp") all.push_back({sip::ListenerKind::udp, sip.udp_port});
    if (transport == "tcp") all.push_back({sip::ListenerKind::tcp, sip.tcp_port});
    if (transport == "tls") all.push_back({sip::ListenerKind::tls, sip.tls_port});
    if (transport == "mutual") all.push_back({sip::ListenerKind::mutual, sip.mutual_port});
  }
  return all;
}

// The same for the same settings, whatever else the file says.
static uint64_t peer_id(const SipPeerConfig& peer) {
  std::string all;
  for (const SipPeerKey& key : sip_peer_keys()) all += to_toml(key, key.get(peer)) + "\n";
  const uint64_t hash = base::siphash13({}, all);
  return hash == 0 ? 1 : hash;
}

std::shared_ptr<sip::Options> sip_options(const Config& config) {
  if (!config.sip.enabled) return nullptr;
  auto sip = std::make_shared<sip::Options>(config.sip.options);
  sip->first_listener = static_cast<uint16_t>(config.listeners.size());
  for (const SipListener& listener : sip_listeners(config.sip)) {
    sip->listeners.push_back(listener.kind);
  }
  // Where answers go that rport does not lead back.
  const auto with_port = [&](uint16_t port, uint16_t usual) {
    const std::string& host = config.domains.front();
    return port == 0 || port == usual ? host : host + ":" + std::to_string(port);
  };
  sip->sent_by = with_port(config.sip.udp_port, sip::kDefaultPort);
  uint16_t secure = 0;
  sip->sent_by_tls =
      with_port(sip->find_listener(sip::ListenerKind::tls, secure) ? config.sip.tls_port
                                                                   : config.sip.mutual_port,
                sip::kDefaultTlsPort);
  sip->hosts = config.sip.hosts;
  sip->domain = config.domains.front();
  for (const SipPeerConfig& peer : config.sip.peers) {
    sip::TrunkPeer trunk;
    trunk.id = peer_id(peer);
    trunk.domains = peer.domains;
    // RFC 5922 §7.1: who serves a domain has a certificate of it.
    const bool of_domains = peer.tls_subjects.empty() && peer.transport == kPeerTls;
    trunk.subjects = of_domains ? peer.domains : peer.tls_subjects;
    trunk.tls = peer.transport == kPeerTls;
    trunk.datagrams = peer.transport == kPeerUdp;
    const uint16_t usual = trunk.tls ? sip::kDefaultTlsPort : sip::kDefaultPort;
    trunk.address = base::parse_address(peer.address, peer.port != 0 ? peer.port : usual);
    if (!trunk.address) trunk.host = peer.address;
    trunk.port = peer.port;
    for (const std::string& source : peer.sources) {
      trunk.sources.push_back(base::parse_address(source, 0));
    }
    trunk.publishes = peer.publishes;
    trunk.watches = peer.watches;
    trunk.sessions = peer.messages == kPeerSession;
    trunk.wrong_node =
        peer.wrong_node == kPeerProxy ? sip::WrongNode::proxy : sip::WrongNode::redirect;
    sip->peers.push_back(std::move(trunk));
  }
  return sip;
}

std::string describe(const Problem& problem, base::Bytes file) {
  std::string out(file);
  if (problem.line != 0) {
    out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  }
  out += ": " + problem.message;
  if (!problem.remedy.empty()) out += "; " + problem.remedy;
  return out;
}

std::string describe(const std::vector<Problem>& problems, base::Bytes file) {
  std::string text;
  for (const Problem& problem : problems) {
    text += (text.empty() ? "" : "\n") + describe(problem, file);
  }
  return text;
}

std::vector<Pinned> pinned_changes(const Config& running, const Config& wanted) {
  std::vector<Pinned> changes;
  for (const ConfigKey& key : config_keys()) {
    if (!key.pinned.empty() && key.get(running) != key.get(wanted)) {
      changes.push_back({key.path, key.pinned});
    }
  }
  const auto same = [](const ListenerConfig& a, const ListenerConfig& b) {
    return std::all_of(listener_keys().begin(), listener_keys().end(),
                       [&](const ListenerKey& key) { return key.get(a) == key.get(b); });
  };
  if (!std::equal(running.listeners.begin(), running.listeners.end(), wanted.listeners.begin(),
                  wanted.listeners.end(), same)) {
    changes.push_back({"listener", listener_pinned()});
  }
  return changes;
}

void keep_pinned(const Config& running, Config& wanted) {
  for (const ConfigKey& key : config_keys()) {
    if (!key.pinned.empty()) key.set(wanted, key.get(running));
  }
  wanted.listeners = running.listeners;
}

}  // namespace appliance
