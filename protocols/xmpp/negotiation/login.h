// What a stream needs only until its session is entered. Freed then, so that 25,000 sessions do
// not carry it.
// Owned by the Stream. Limit: kHeldBytesMax.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/time.h"
#include "protocols/xmpp/sasl/mechanism.h"
#include "protocols/xmpp/sasl/scram.h"

namespace xmpp {

// Bytes that may wait while the server is busy with what came before them.
constexpr size_t kHeldBytesMax = 65536;

struct Login {
  std::string domain;               // `to` of the header, normalised
  std::string from;                 // its `from`, normalised bare JID, "" if none
  std::string user;                 // bare JID: of the attempt, then of the login
  sasl::ChannelBindings bindings;
  std::unique_ptr<sasl::Scram> scram;
  std::string held;
  std::string bind_id;
  std::string resume_id;            // of a resumption that waits
  uint32_t resume_h = 0;
  uint64_t ticket = 0;              // of the question to the store, Service::find_waiting
  base::Instant deadline;
  uint32_t failures = 0;
  bool authenticated = false;
  bool paused = false;              // reading is stopped because of `held`
  bool first_message = false;       // SASL: the next message is the exchange's first
};

}  // namespace xmpp
