#include "appliance/node/introduction.h"

namespace appliance {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string with_port(const ListeningOn& on) {
  const bool v6 = on.address.find(':') != std::string::npos;
  return (v6 ? "[" + on.address + "]" : on.address) + ":" + std::to_string(on.port);
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + " ";
}

std::string explain(const ListeningOn& on) {
  if (on.service == "http") return "/metrics /healthz /readyz";
  if (on.service == "sips") return "SIP over TLS";
  if (on.service == "sips-mutual") return "SIP over TLS, certificates of both sides";
  if (on.service == "sip-udp") return "SIP over UDP";
  if (on.service == "sip-tcp") return "SIP over TCP";
  if (on.tls == "direct") return "XMPP clients, TLS from the first byte";
  if (on.tls == "required") return "XMPP clients, STARTTLS required";
  return "XMPP clients, TLS " + on.tls;
}

// One command that sends a message from one demo user to another.
std::string try_line(const Introduction& facts) {
  const std::string& domain = facts.status.domains.front();
  for (const ListeningOn& on : facts.status.listening) {
    if (on.service != "xmpp" || on.tls == "off") continue;
    if (facts.demo_users.size() < 2) {
      return facts.command + " user add alice@" + domain;
    }
    const DemoUser& from = facts.demo_users[0];
    return "echo hello | go-sendxmpp -n -j localhost:" + std::to_string(on.port) + " -u " +
           from.name + "@" + domain + " -p " + from.password + " " + facts.demo_users[1].name +
           "@" + domain;
  }
  return facts.command + " status";
}

}  // namespace

std::string introduce(const Introduction& facts) {
  const NodeStatus& status = facts.status;
  std::string out = "Rollcall " + status.version + " is running: profile " + status.profile;
  if (facts.detected) {
    out += " (by this machine's " + std::to_string(facts.machine.cpus) + " CPUs and " +
           std::to_string(facts.machine.memory_bytes >> 30) + " GiB)";
  }
  out += ", " + std::to_string(status.shards) + (status.shards == 1 ? " shard" : " shards") +
         " on " + status.io + "\n";
  for (const ListeningOn& on : status.listening) {
    out += "  " + padded(with_port(on), 22) + explain(on) + "\n";
  }
  out += "  operate it with       " + facts.command + " status\n";
  out += "  domains               " + joined(status.domains) + "\n";
  for (const std::string& file : facts.self_signed) {
    out += "  certificate           " + file + " (self-signed: clients must be told to trust it)\n";
  }
  if (!facts.demo_users.empty()) {
    out += "  demo users            (kept in " + facts.data + "/demo-users)\n";
    for (const DemoUser& user : facts.demo_users) {
      out += "    " + padded(user.name + "@" + status.domains.front(), 19) + user.password + "\n";
    }
  }
  for (const std::string& warning : status.warnings) out += "WARNING: " + warning + "\n";
  out += "Try:  " + try_line(facts) + "\n";
  return out + "Ctrl-C stops it.\n";
}

std::string listening_lines(const std::vector<ListeningOn>& listening) {
  std::string out;
  for (const ListeningOn& on : listening) {
    out += on.service + " " + on.address + " " + std::to_string(on.port) + " " + on.tls + "\n";
  }
  return out;
}

}  // namespace appliance
