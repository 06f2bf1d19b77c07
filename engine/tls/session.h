// TLS without sockets: records in, plaintext out, and the other way round. On BoringSSL, which is
// included nowhere but in engine/tls/*.cc.
// A TlsSession belongs to its connection and moves between shards with it; one thread at a time.
// Idle cost about 3.4 KB (handshake configuration is shed when the handshake ends).
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "engine/seam/service.h"

namespace engine {

class TlsContext;  // engine/tls/context.h: certificates, tickets, policy; shared by all shards

enum class TlsStatus : uint8_t {
  ok,           // go on; plaintext and records may have been produced
  established,  // returned once, when the handshake finishes (plaintext may already follow it)
  closed,       // close_notify received
  failed,       // alert queued in `records`; send it, then close
};

class TlsSession {
 public:
  virtual ~TlsSession() = default;
  // Feeds received records; appends decrypted bytes to `plain` and whatever must be sent
  // (handshake flights, alerts, key updates) to `records`.
  virtual TlsStatus open(base::Bytes received, base::Sink& plain, base::Sink& records) = 0;
  // Encrypts all of `plain` into records of at most 16 KiB. Only after `established`.
  [[nodiscard]] virtual bool seal(base::Bytes plain, base::Sink& records) = 0;
  virtual void close(base::Sink& records) = 0;      // close_notify
  virtual TlsFacts facts() const = 0;               // views live as long as the session's scratch
  virtual const char* failure() const = 0;          // reason of `failed`, for the trace
  virtual base::Bytes refused_subject() const = 0;  // of the certificate that was the reason
};

std::unique_ptr<TlsSession> make_server_session(const TlsContext& context);

}  // namespace engine
