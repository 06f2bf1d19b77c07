// One client: its socket, its TLS session, what it wants to say, and, until it is ready, its login.
// Owned by the crowd of a worker; one thread.
#pragma once

#include <memory>
#include <string>

#include "bench/load/client/login.h"
#include "bench/load/client/tick.h"
#include "bench/load/clock.h"
#include "engine/tls/client_session.h"

namespace load {

enum class ClientState : uint8_t { away, connecting, signing_in, ready, leaving };

struct Client {
  uint32_t index = 0;   // in its crowd
  uint32_t number = 0;  // of its account
  uint32_t generation = 0;
  int fd = -1;
  ClientState state = ClientState::away;
  bool sending = false;
  bool dirty = false;      // on the crowd's list of those with something to say
  bool receiving = false;  // a receive is armed
  bool secure = false;     // the TLS handshake is done
  int64_t wanted_at = 0;   // when the login was to begin
  int64_t ready_at = 0;
  std::string out;      // said, not yet handed over
  std::string records;  // of TLS, to be sent before anything else
  std::string flight;   // handed over; stays as it is while `sending`
  TickReader ticks;
  Scram scram;
  std::string ticket;  // of the last TLS session
  StanzaCounter counter;
  std::unique_ptr<Login> login;
  std::unique_ptr<engine::TlsClientSession> tls;
};

}  // namespace load
