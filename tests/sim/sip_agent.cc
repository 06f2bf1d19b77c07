#include "tests/sim/sip_agent.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tests/sim/client.h"

namespace sim {
namespace {

constexpr const char* kHost = "192.0.2.1";
constexpr uint16_t kPort = 5060;
constexpr uint16_t kPorts = 4;
constexpr base::Duration kFirstPause = base::Duration::milliseconds(500);  // T1
constexpr base::Duration kLongestPause = base::Duration::seconds(4);       // T2
constexpr base::Duration kPatience = base::Duration::seconds(32);          // Timer F

int status_of(const std::string& text) { return std::atoi(text.c_str() + 8); }

constexpr base::Duration kHope = base::Duration::seconds(10);

}  // namespace

SipAgent::SipAgent(World& world) : world_(world) {
  for (uint16_t i = 0; i < kPorts; ++i) {
    world.network().at(base::parse_address(kHost, static_cast<uint16_t>(kPort + i)), *this);
  }
}

std::string SipAgent::field(const std::string& message, const std::string& name) {
  const size_t at = message.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t from = at + name.size() + 4;
  return message.substr(from, message.find("\r\n", from) - from);
}

std::string SipAgent::tag_of(const std::string& value) {
  const size_t at = value.find(";tag=");
  return at == std::string::npos ? "" : value.substr(at + 5, value.find(';', at + 5) - at - 5);
}

std::string SipAgent::body_of(const std::string& message) {
  const size_t at = message.find("\r\n\r\n");
  return at == std::string::npos ? "" : message.substr(at + 4);
}

static std::string branch_of(const std::string& message) {
  const std::string via = SipAgent::field(message, "Via");
  const size_t at = via.find(";branch=");
  return at == std::string::npos ? "" : via.substr(at + 8, via.find(';', at + 8) - at - 8);
}

void SipAgent::ask(const SipRequest& request, Done done) {
  const std::string branch = "z9hG4bK" + new_id("");
  const auto port = static_cast<uint16_t>(kPort + world_.random().below(kPorts));
  Asked& asked = asked_[branch];
  asked.from = base::parse_address(kHost, port);
  asked.at = world_.clock().now();
  asked.crashes = world_.crashes().size();
  asked.tell = std::move(done);
  asked.bytes = request.method + " " + request.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP " + kHost + ":" +
                std::to_string(port) + ";rport;branch=" + branch + "\r\nFrom: " + request.from +
                "\r\nTo: " + request.to + "\r\nCall-ID: " + request.call_id +
                "\r\nCSeq: " + std::to_string(request.cseq) + " " + request.method +
                "\r\nMax-Forwards: 70\r\nContact: <sip:" + kHost + ">\r\n" + request.fields +
                "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" +
                request.body;
  ++asking_;
  send(branch, kFirstPause);
}

void SipAgent::send(const std::string& branch, base::Duration pause) {
  Asked& asked = asked_.at(branch);
  if (asked.done) return;
  if (world_.clock().now() - asked.at >= kPatience) return finish(asked, 0, "");
  print("SIP says", asked.bytes);
  world_.network().send_datagram(asked.from, kPort, asked.bytes);
  const base::Duration next = pause + pause < kLongestPause ? pause + pause : kLongestPause;
  world_.clock().after(pause, [this, branch, next] { send(branch, next); });
}

void SipAgent::finish(Asked& asked, int status, const std::string& text) {
  asked.done = true;
  asked.answer = text;
  --asking_;
  const bool over_crash = world_.crashes().size() != asked.crashes;
  asked.tell({status, text, asked.at, over_crash});
}

// A request that comes again has one answer: another one would be another transaction's.
void SipAgent::on_answer(const std::string& text) {
  const auto found = asked_.find(branch_of(text));
  if (found == asked_.end()) {
    trouble = "an answer to nothing: " + text;
    return;
  }
  Asked& asked = found->second;
  if (status_of(text) < 200) return;
  if (!asked.done) return finish(asked, status_of(text), text);
  const bool same_life = world_.crashes().size() == asked.crashes;
  if (same_life && !asked.answer.empty() && asked.answer != text) {
    trouble = "two answers to one request: " + asked.answer + text;
  }
}

void SipAgent::on_datagram(uint16_t from_port, base::Bytes bytes) {
  const std::string text(bytes);
  print("SIP hears", text);
  world_.mix(bytes);
  if (from_port != kPort) trouble = "a datagram from another port";
  if (text.starts_with("SIP/2.0 ")) return on_answer(text);
  const std::string branch = branch_of(text);
  const auto known = heard_.find(branch);
  if (known != heard_.end()) {
    if (world_.clock().now() - known->second.first > kHope) on_despair(text);
    return answer(text, known->second.status);
  }
  const int status = on_request(text);
  heard_[branch] = {status, world_.clock().now()};
  answer(text, status);
}

void SipAgent::print(const char* what, const std::string& text) const {
  if (grep.empty() || text.find(grep) == std::string::npos) return;
  std::printf("%12.6f %s %s\n", static_cast<double>(world_.clock().now().ns) / 1e9, what,
              text.c_str());
}

void SipAgent::answer(const std::string& request, int status) {
  if (status == 0) return;
  std::string text = "SIP/2.0 " + std::to_string(status) + " So\r\n";
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    text += std::string(name) + ": " + field(request, name);
    if (std::string(name) == "To" && tag_of(field(request, name)).empty()) text += ";tag=peer";
    text += "\r\n";
  }
  world_.network().send_datagram(base::parse_address(kHost, kPort), kPort,
                                 text + "Content-Length: 0\r\n\r\n");
}

}  // namespace sim
