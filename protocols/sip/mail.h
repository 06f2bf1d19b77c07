// What the shards' services send each other: a message as it is on the wire, behind a fixed head
// and the account that has sent it. Used by service_mail.cc and service_claims.cc only.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/seam/envelope.h"
#include "protocols/sip/service.h"

namespace sip {

struct Service::Mail {
  // `answer` is ours, on its way to the transaction; `response` a peer's, to a request of ours.
  // `send` goes out by a connection there; `closed` tells that one has gone.
  // A claim asks its account's shard who has sent it, its verdict comes back with it.
  // `adopted` begins its transaction there.
  enum Kind : uint8_t {
    request = kFirstMailKind,
    answer,
    response,
    claim,
    verdict,
    send,
    closed,
    adopted
  };
  TransactionId id;
  Flow source;                 // of a request
  uint16_t account_bytes = 0;  // of its sender, in front of it
  uint16_t status = 0;         // of an answer, or a verdict
  bool stale = false;          // a verdict's
};

template <class Head>
engine::EnvelopePtr make_mail(const Head& head, base::Bytes bytes, base::Bytes account = {}) {
  static_assert(std::is_trivially_copyable_v<Head>);
  const size_t size = sizeof head + account.size() + bytes.size();
  auto envelope = engine::make_envelope(static_cast<uint32_t>(size));
  char* to = envelope->data();
  std::memcpy(to, &head, sizeof head);
  to = std::copy(account.begin(), account.end(), to + sizeof head);
  std::copy(bytes.begin(), bytes.end(), to);
  return envelope;
}

template <class Head>
base::Bytes open_mail(const engine::Envelope& mail, Head& head) {
  CHECK(mail.size >= sizeof head);
  std::memcpy(&head, mail.payload().data(), sizeof head);
  return mail.payload().substr(sizeof head);
}

}  // namespace sip
