#include "appliance/names/lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace names {

using engine::NameQuestion;

namespace {

constexpr int kClassInternet = 1;
constexpr int kTypeSrv = 33;

// The name, or what was asked of it, is not there: an answer, too.
bool is_nothing(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

base::SocketAddress address_of(const ares_addrinfo_node& node, uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (node.ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, node.ai_addr, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  } else if (node.ai_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, node.ai_addr, sizeof in);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
  }
  return base::parse_address(text, port);
}

}  // namespace

void Lookup::begin(Resolver& resolver, std::unique_ptr<NameQuestion> question) {
  auto* const made = new Lookup(resolver, std::move(question));
  made->next_service();  // which may be the end of it
}

void Lookup::next_service() {
  if (service_ == question_->services.size()) {
    return find_addresses(
        {{.target = question_->host, .ttl = UINT32_MAX, .port = question_->port}});
  }
  const std::string name = question_->services[service_++] + "." + question_->host;
  ares_query(resolver_.channel_, name.c_str(), kClassInternet, kTypeSrv, on_service_reply, this);
}

void Lookup::on_service_reply(void* lookup, int status, int, unsigned char* reply, int length) {
  const auto size = reply == nullptr || length < 0 ? 0 : static_cast<size_t>(length);
  static_cast<Lookup*>(lookup)->on_service(status, {reinterpret_cast<const char*>(reply), size});
}

void Lookup::on_service(int status, base::Bytes reply) {
  std::vector<SrvRecord> records;
  if (is_nothing(status)) return next_service();
  if (status != ARES_SUCCESS || !read_srv_reply(reply, records)) {
    unanswered_ = true;
    return done();
  }
  if (records.empty()) return next_service();
  for (const SrvRecord& one : records) ttl_ = std::min(ttl_, one.ttl);
  // RFC 2782: "." is a service that is decidedly not there.
  std::erase_if(records, [](const SrvRecord& one) { return one.target == "."; });
  find_addresses(std::move(records));
}

void Lookup::find_addresses(std::vector<SrvRecord> records) {
  CHECK(servers_.empty() && waits_ == 0);
  for (SrvRecord& one : records) {
    servers_.push_back(std::make_unique<Server>(Server{this, std::move(one), {}}));
  }
  waits_ = servers_.size() + 1;  // replies may come at once
  for (size_t i = 0; i < servers_.size(); ++i) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(resolver_.channel_, servers_[i]->record.target.c_str(), nullptr, &hints,
                     on_address_reply, servers_[i].get());
  }
  if (--waits_ == 0) done();
}

void Lookup::on_address_reply(void* server, int status, int, ares_addrinfo* found) {
  auto& of = *static_cast<Server*>(server);
  of.lookup->on_addresses(of, status, found);
  if (found != nullptr) ares_freeaddrinfo(found);
}

void Lookup::on_addresses(Server& server, int status, const ares_addrinfo* found) {
  if (status != ARES_SUCCESS && !is_nothing(status)) unanswered_ = true;
  const ares_addrinfo_node* node = found == nullptr ? nullptr : found->nodes;
  for (; node != nullptr && server.addresses.size() < kAddressesMax; node = node->ai_next) {
    const base::SocketAddress address = address_of(*node, server.record.port);
    if (!address) continue;
    server.addresses.push_back(address);
    ttl_ = std::min(ttl_, static_cast<uint32_t>(std::max(node->ai_ttl, 0)));
  }
  if (--waits_ == 0) done();
}

void Lookup::done() {
  const std::unique_ptr<Lookup> self(this);
  for (uint32_t i = 0; i < servers_.size(); ++i) {
    const SrvRecord& record = servers_[i]->record;
    for (const base::SocketAddress& address : servers_[i]->addresses) {
      question_->targets.push_back({address, i, record.priority, record.weight});
    }
  }
  const auto otherwise =
      unanswered_ ? NameQuestion::Outcome::unknown : NameQuestion::Outcome::nowhere;
  question_->outcome = question_->targets.empty() ? otherwise : NameQuestion::Outcome::found;
  question_->ttl = base::Duration::seconds(ttl_ == UINT32_MAX ? 0 : ttl_);
  resolver_.answer(std::move(question_));
}

}  // namespace names
