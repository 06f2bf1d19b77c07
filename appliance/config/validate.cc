#include "appliance/config/validate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "protocols/im/presentity/composition.h"
#include "protocols/jid/jid.h"
#include "protocols/sip/message/characters.h"

namespace appliance {
namespace {

class Validator {
 public:
  Validator(const Positions& positions, std::vector<Problem>& problems)
      : positions_(positions), problems_(problems) {}

  void domains(Config& config);
  void listeners(const Config& config);
  void certificates(Config& config);
  void admin(const Config& config);
  void sizes(const Config& config);
  void presence(Config& config);
  void sip(const SipConfig& sip);
  void sip_hosts(Config& config);
  void sip_peers(Config& config);
  void sip_subjects(SipConfig& sip, size_t i);
  void contacts(const Config& config);

 private:
  void report(const std::string& key, std::string message, std::string remedy) {
    Problem problem{.message = std::move(message), .remedy = std::move(remedy)};
    // The key itself, or the table it would stand in.
    for (std::string at = key; !at.empty();) {
      if (const auto found = positions_.find(at); found != positions_.end()) {
        problem.line = found->second.line;
        problem.column = found->second.column;
        break;
      }
      const size_t dot = at.rfind('.');
      at.resize(dot == std::string::npos ? 0 : dot);
    }
    problems_.push_back(std::move(problem));
  }

  const Positions& positions_;
  std::vector<Problem>& problems_;
  std::set<std::string> subjects_;  // of SIP peers' certificates
};

bool is_address(const std::string& text) {
  unsigned char octets[16];
  return inet_pton(AF_INET, text.c_str(), octets) == 1 ||
         inet_pton(AF_INET6, text.c_str(), octets) == 1;
}

bool is_loopback(const std::string& text) { return text == "::1" || text.starts_with("127."); }

std::string element(const char* table, size_t index, const char* key) {
  return std::string(table) + "[" + std::to_string(index) + "]" + (*key != 0 ? "." : "") + key;
}

void Validator::domains(Config& config) {
  if (config.domains.empty()) {
    report("domains", "domains is empty", "name at least one, or leave the key out");
  }
  std::set<std::string> seen;
  for (std::string& domain : config.domains) {
    std::string normal;
    if (domain.empty() || !jid::prepare_domain(domain, normal)) {
      report("domains", "\"" + domain + "\" is not a domain name",
             "write a host name such as \"example.org\"");
    } else if (!seen.insert(normal).second) {
      report("domains", "\"" + domain + "\" is named twice", "remove one of the two");
    } else {
      domain = normal;
    }
  }
}

void Validator::listeners(const Config& config) {
  std::set<std::pair<std::string, uint16_t>> seen;
  for (size_t i = 0; i < config.listeners.size(); ++i) {
    const ListenerConfig& listener = config.listeners[i];
    const auto at = [&](const char* key) { return element("listener", i, key); };
    if (!is_address(listener.address)) {
      report(at("address"), "\"" + listener.address + "\" is not a numeric address",
             "write one such as \"192.0.2.1\" or \"::\"");
    }
    if (listener.options.direct_tls && listener.options.tls != xmpp::TlsMode::required) {
      report(at("tls"), "direct TLS without TLS",
             "set tls = \"required\", or remove direct = true");
    }
    if (listener.options.sasl_without_tls && listener.options.tls == xmpp::TlsMode::required) {
      report(at("sasl_without_tls"), "login without TLS where TLS is required",
             "remove sasl_without_tls, or (for tests only) set tls = \"optional\" or \"off\"");
    }
    if (listener.port != 0 && !seen.emplace(listener.address, listener.port).second) {
      report(at("port"),
             "two listeners on " + listener.address + " port " + std::to_string(listener.port),
             "give one of them another port or address");
    }
  }
}

void Validator::certificates(Config& config) {
  std::set<std::string> seen;
  for (size_t i = 0; i < config.certificates.size(); ++i) {
    CertificateConfig& certificate = config.certificates[i];
    const auto at = [&](const char* key) { return element("certificate", i, key); };
    std::string normal;
    if (certificate.domain.empty() || !jid::prepare_domain(certificate.domain, normal) ||
        std::find(config.domains.begin(), config.domains.end(), normal) == config.domains.end()) {
      report(at("domain"),
             "a certificate for \"" + certificate.domain + "\", which is not in domains",
             "set domain to one of `domains`, or add it there");
      continue;
    }
    certificate.domain = normal;
    if (!seen.insert(normal).second) {
      report(at("domain"), "two certificates for " + normal, "remove one of the two");
    }
    if (certificate.chain.empty() || certificate.key.empty()) {
      const char* missing = certificate.chain.empty() ? "chain" : "key";
      report(at(""), "a certificate without " + std::string(missing),
             std::string("set ") + missing + " to a PEM file");
    }
    for (const auto& [name, path] :
         {std::pair("chain", &certificate.chain), std::pair("key", &certificate.key)}) {
      if (!path->empty() && !std::ifstream(*path).good()) {
        report(at(name), "cannot read " + *path,
               "correct the path, or let the node's user read it");
      }
    }
  }
}

void Validator::admin(const Config& config) {
  const AdminConfig& admin = config.admin;
  if (!is_address(admin.metrics_address)) {
    report("admin.metrics_address", "\"" + admin.metrics_address + "\" is not a numeric address",
           "write \"127.0.0.1\" or \"::1\"");
  } else if (!is_loopback(admin.metrics_address) && !admin.metrics_anywhere) {
    report("admin.metrics_address",
           "\"" + admin.metrics_address + "\" is not loopback: anybody could read the metrics",
           "write \"127.0.0.1\", or set admin.metrics_anywhere = true if a firewall guards it");
  }
  constexpr size_t kUnixPathMax = 107;
  if (admin.socket.size() > kUnixPathMax) {
    report("admin.socket", "the path is longer than 107 bytes", "choose a shorter one");
  }
}

void Validator::sizes(const Config& config) {
  if (config.net.send_hard_bytes <= config.net.send_soft_bytes) {
    report("net.send_hard_bytes", "net.send_hard_bytes is not above net.send_soft_bytes",
           "make it at least twice as large");
  }
  if (config.xmpp.after_authentication.stanza_bytes <
      config.xmpp.before_authentication.stanza_bytes) {
    report("xml.after_login.stanza_bytes", "a stanza may be longer before login than after it",
           "raise xml.after_login.stanza_bytes or lower xml.before_login.stanza_bytes");
  }
  if (config.data.empty()) report("data", "data is empty", "name a directory");
}

void Validator::presence(Config& config) {
  constexpr size_t kTextBytesMax = 256;
  auto& order = config.im.presentity.rules.order;
  std::set<std::string> seen;
  for (const std::string& word : config.presence_order) {
    im::Claim claim = im::Claim::offline;
    if (!im::parse_claim(word, claim) || claim == im::Claim::offline) {
      report("presence.order", "\"" + word + "\" is not what a user can be",
             "write do-not-disturb, on-the-phone, meeting, busy, available, away, extended-away");
      return;
    }
    if (!seen.insert(word).second) {
      report("presence.order", "\"" + word + "\" is named twice", "remove one of the two");
      return;
    }
    order[seen.size() - 1] = claim;
  }
  if (seen.size() != im::kClaims - 1) {
    report("presence.order", "not everything that a user can be is in it",
           "write each of do-not-disturb, on-the-phone, meeting, busy, available, away, "
           "extended-away once");
    return;
  }
  order.back() = im::Claim::offline;
  const im::ShownPresence& shown = config.im.presentity.shown;
  const std::pair<const char*, const std::string*> texts[] = {
      {"presence.text_on_the_phone", &shown.on_the_phone},
      {"presence.text_meeting", &shown.meeting},
      {"presence.text_busy", &shown.busy},
      {"presence.text_do_not_disturb", &shown.do_not_disturb}};
  for (const auto& [key, text] : texts) {
    if (text->size() <= kTextBytesMax) continue;
    report(key, "the text is too long", "256 bytes is the most");
  }
}

// As DNS and certificates have them.
bool is_host_name(const std::string& text) {
  return !text.empty() && text.size() <= 253 && sip::all(sip::kHost, text) &&
         text.find_first_not_of("0123456789.") != std::string::npos && text.front() != '.' &&
         text.find("..") == std::string::npos;
}

bool listens(const SipConfig& sip, const char* transport) {
  return std::find(sip.transports.begin(), sip.transports.end(), transport) != sip.transports.end();
}

void Validator::sip(const SipConfig& sip) {
  if (!is_address(sip.address)) {
    report("sip.address", "\"" + sip.address + "\" is not a numeric address",
           "write one such as \"192.0.2.1\" or \"::\"");
  }
  std::set<std::string> seen;
  for (const std::string& transport : sip.transports) {
    if (transport != "udp" && transport != "tcp" && transport != "tls" && transport != "mutual") {
      report("sip.transports", "\"" + transport + "\" is no transport of SIP",
             "write \"udp\", \"tcp\", \"tls\" or \"mutual\"");
    } else if (!seen.insert(transport).second) {
      report("sip.transports", "\"" + transport + "\" is named twice", "remove one of the two");
    }
  }
  if (seen.contains("mutual") && sip.ca_file.empty()) {
    report("sip.transports", "certificates are demanded, and nobody vouches for them",
           "name their authorities in sip.ca_file, or remove \"mutual\"");
  }
  if (sip.options.digest && !sip.options.digest_sha256 && !sip.options.digest_md5) {
    report("sip.digest", "digest is on without an algorithm",
           "set sip.digest_sha256 or sip.digest_md5 = true");
  }
  if (sip.enabled && sip.transports.empty()) {
    report("sip.transports", "SIP is on and listens nowhere",
           "name a transport, or set sip.enabled = false");
  }
}

void Validator::sip_hosts(Config& config) {
  for (std::string& host : config.sip.hosts) {
    std::string normal;
    if (host.empty() || !jid::prepare_domain(host, normal)) {
      report("sip.hosts", "\"" + host + "\" is neither a host name nor an address",
             "write one such as \"sip.example.org\", \"192.0.2.1\" or \"[2001:db8::1]\"");
    }
    host = normal;
  }
}

void Validator::sip_subjects(SipConfig& sip, size_t i) {
  const std::string at = element("sip.peer", i, "tls_subjects");
  if (sip.peers[i].transport == kPeerTls && sip.ca_file.empty()) {
    report(element("sip.peer", i, "transport"), "a peer over TLS, and nobody vouches for it",
           "name the authority of its certificate in sip.ca_file");
  }
  if (sip.peers[i].transport == kPeerTls && sip.peers[i].domains.empty() &&
      sip.peers[i].tls_subjects.empty()) {
    report(at, "a peer over TLS, and nothing that its certificate has to name",
           "name that here, or in domains");
  }
  if (!sip.peers[i].tls_subjects.empty() && sip.peers[i].transport != kPeerTls &&
      !listens(sip, "mutual")) {
    report(at, "nobody asks this peer for its certificate",
           "add \"mutual\" to sip.transports, or remove tls_subjects");
  }
  for (std::string& subject : sip.peers[i].tls_subjects) {
    std::transform(subject.begin(), subject.end(), subject.begin(), sip::lower);
    if (!is_host_name(subject)) {
      report(at, "\"" + subject + "\" is not a domain name as certificates have them",
             "write one such as \"gate.example.org\": no wildcards, others than ASCII as xn--…");
    } else if (!subjects_.insert(subject).second) {
      report(at, subject + " is named twice: a certificate is one peer's", "remove one of the two");
    }
  }
}

void Validator::sip_peers(Config& config) {
  std::set<std::string> seen(config.domains.begin(), config.domains.end());
  for (size_t i = 0; i < config.sip.peers.size(); ++i) {
    SipPeerConfig& peer = config.sip.peers[i];
    const auto at = [&](const char* key) { return element("sip.peer", i, key); };
    const auto need_address = [&](const char* key, const std::string& text) {
      if (is_address(text)) return;
      report(at(key), "\"" + text + "\" is not a numeric address",
             "write one such as \"192.0.2.1\" or \"2001:db8::1\"");
    };
    if (!is_address(peer.address) && !is_host_name(peer.address)) {
      report(at("address"), "\"" + peer.address + "\" is neither an address nor a host name",
             "write one such as \"192.0.2.1\" or \"cucm.example.org\"");
    }
    for (const std::string& source : peer.sources) need_address("sources", source);
    for (std::string& domain : peer.domains) {
      std::string normal;
      if (domain.empty() || !jid::prepare_domain(domain, normal)) {
        report(at("domains"), "\"" + domain + "\" is not a domain name",
               "write a host name such as \"phones.example.org\", or an address");
      } else if (!seen.insert(normal).second) {
        report(at("domains"), normal + " is served here already, or by two peers",
               "remove all of them but one");
      }
      domain = normal;
    }
    sip_subjects(config.sip, i);
    if (peer.transport == kPeerUdp && !listens(config.sip, "udp")) {
      report(at("transport"), "a peer over UDP, and no listener for it",
             "add \"udp\" to sip.transports, or set transport = \"tcp\"");
    }
  }
}

void Validator::contacts(const Config& config) {
  for (size_t i = 0; i < config.contacts.size(); ++i) {
    for (const std::string& uri : config.contacts[i]) {
      if (uri.find(':') == std::string::npos) {
        report(std::string("contacts.") + kContactKinds[i], "\"" + uri + "\" is not a URI",
               "write one such as \"mailto:" + uri + "\" or \"xmpp:" + uri + "\"");
      }
    }
  }
}

}  // namespace

void validate(Config& config, const Positions& positions, std::vector<Problem>& problems) {
  if (config.listeners.empty()) {
    config.listeners.push_back({.port = 5222});
    config.listeners.push_back({.port = 5223, .options = {.direct_tls = true}});
  }
  for (size_t i = 0; i < config.certificates.size(); ++i) {
    const auto found = positions.find(element("certificate", i, ""));
    if (found != positions.end()) config.certificates[i].line = found->second.line;
  }
  Validator validator(positions, problems);
  validator.domains(config);
  validator.listeners(config);
  validator.certificates(config);
  validator.admin(config);
  validator.sizes(config);
  validator.presence(config);
  validator.sip(config.sip);
  validator.sip_hosts(config);
  validator.sip_peers(config);
  validator.contacts(config);
}

}  // namespace appliance
