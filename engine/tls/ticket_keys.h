// Keys that seal session tickets (RFC 8446 §4.6.1, RFC 5077), so that a client coming back after a
// network change skips the expensive half of the handshake on whichever shard it lands.
// One object for the node: shared by every TlsContext there is or will be, hence it outlives a
// certificate reload. Any thread; a lock held for the copy of 64 bytes, once a handshake.
//
// Two generations are kept: `current` seals and opens, `previous` only opens. The owner calls
// rotate() every 24 h, so a ticket is good for 24 to 48 h and a stolen key for no longer.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace engine {

struct TicketKey {
  std::array<uint8_t, 16> name{};    // sent in clear with the ticket: says which key opens it
  std::array<uint8_t, 16> cipher{};  // AES-128-CBC
  std::array<uint8_t, 32> mac{};     // HMAC-SHA-256
};

class TicketKeys {
 public:
  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  void rotate();
  TicketKey current() const;
  // False: neither generation has this name. `renew`: opened by the previous one.
  [[nodiscard]] bool find(const uint8_t* name, TicketKey& out, bool& renew) const;

 private:
  mutable std::mutex mutex_;
  TicketKey current_;
  TicketKey previous_;
};

}  // namespace engine
