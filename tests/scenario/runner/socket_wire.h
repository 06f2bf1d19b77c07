// Real connections to a server that runs: TCP, blocking, with a time limit for every read.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/tls/client_session.h"
#include "tests/scenario/runner/wire.h"

namespace scenario {

struct SocketOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 5222;
  std::string domain = "localhost";  // offered as SNI
  int quiet_ms = 5000;               // nothing for so long: nothing will come
  bool direct_tls = false;           // XEP-0368
};

class SocketWire final : public Wire {
 public:
  explicit SocketWire(SocketOptions options);
  ~SocketWire() override;

  int connect() override;
  void write(int connection, base::Bytes bytes) override;
  ReadResult read(int connection, std::string& out) override;
  bool start_tls(int connection) override;
  void close(int connection) override;
  void cut(int connection) override;
  bool create_account(base::Bytes, base::Bytes) override { return false; }

 private:
  bool handshake(int connection);
  void send_all(int connection, base::Bytes bytes);
  ReadResult receive(int connection, std::string& out);

  SocketOptions options_;
  std::shared_ptr<const engine::TlsClientContext> tls_;
  std::map<int, std::unique_ptr<engine::TlsClientSession>> sessions_;
  std::map<int, std::string> early_;  // plaintext that came with the end of the handshake
};

}  // namespace scenario
