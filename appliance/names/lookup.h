// One question under way: services in their order, then the addresses of every server.
// Made by begin(), ends by itself with Resolver::answer(). The resolver's thread only.
// Limits: kRecordsMax servers, kAddressesMax addresses each; what is beyond is left out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/names/resolver.h"
#include "appliance/names/srv_reply.h"

struct ares_addrinfo;

namespace names {

class Lookup {
 public:
  static constexpr size_t kAddressesMax = 8;

  static void begin(Resolver& resolver, std::unique_ptr<engine::NameQuestion> question);

 private:
  // Whose addresses are asked for.
  struct Server {
    Lookup* lookup;
    SrvRecord record;
    std::vector<base::SocketAddress> addresses;
  };

  Lookup(Resolver& resolver, std::unique_ptr<engine::NameQuestion> question)
      : resolver_(resolver), question_(std::move(question)) {}

  void next_service();
  void find_addresses(std::vector<SrvRecord> records);
  void on_service(int status, base::Bytes reply);
  void on_addresses(Server& server, int status, const ares_addrinfo* found);
  void done();  // ends it

  // The library's callbacks.
  static void on_service_reply(void* lookup, int status, int timeouts, unsigned char* reply,
                               int length);
  static void on_address_reply(void* server, int status, int timeouts, ares_addrinfo* found);

  Resolver& resolver_;
  std::unique_ptr<engine::NameQuestion> question_;
  size_t service_ = 0;
  std::vector<std::unique_ptr<Server>> servers_;
  size_t waits_ = 0;         // for replies about addresses
  bool unanswered_ = false;  // something was
  uint32_t ttl_ = UINT32_MAX;
};

}  // namespace names
