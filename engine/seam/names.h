// Where a name leads (RFC 2782, RFC 1035), as a protocol asks for it: Outbox::ask() takes one, and
// Service::on_answer() gets it back with its answer filled in. Asking takes as long as it takes;
// keeping the answer, for as long as it says, is the protocol's.
// Owned by whoever holds the pointer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/socket_address.h"
#include "engine/base/time.h"
#include "engine/seam/question.h"

namespace engine {

struct NameQuestion final : Question {
  NameQuestion() { to = To::names; }

  // What is asked. SRV records of "SERVICE.HOST": the first service that has some decides; where
  // none has, or none is named, the addresses of `host` itself, at `port`.
  std::string host;
  uint16_t port = 0;
  std::vector<std::string> services;  // "_sip._tcp"
  uint64_t number = 0;                // the asker's

  // The answer. Addresses of one server stand together and have its priority and weight.
  struct Target {
    base::SocketAddress address;
    uint32_t server = 0;
    uint16_t priority = 0;
    uint16_t weight = 0;
  };
  enum class Outcome : uint8_t {
    found,
    nowhere,  // there is no such name, or nothing at it
    unknown,  // nobody has answered
  };
  Outcome outcome = Outcome::unknown;
  std::vector<Target> targets;  // empty unless found
  base::Duration ttl;           // of what was found: the shortest
};

}  // namespace engine
