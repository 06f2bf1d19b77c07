#include "tests/scenario/runner/socket_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "engine/base/check.h"

namespace scenario {

SocketWire::SocketWire(SocketOptions options) : options_(std::move(options)) {
  engine::TlsClientOptions tls;
  tls.alpn = {"xmpp-client"};
  auto context = engine::TlsClientContext::make(tls);
  CHECK(context);
  tls_ = *context;
}

SocketWire::~SocketWire() {
  while (!sessions_.empty()) cut(sessions_.begin()->first);
}

int SocketWire::connect() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  if (inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1) return -1;
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return -1;
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(connection);
    return -1;
  }
  sessions_[connection] = nullptr;
  if (options_.direct_tls && !start_tls(connection)) return -1;
  return connection;
}

void SocketWire::send_all(int connection, base::Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the next read will say that it is closed
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void SocketWire::write(int connection, base::Bytes bytes) {
  const auto& session = sessions_.at(connection);
  if (session == nullptr) return send_all(connection, bytes);
  std::string records;
  if (session->seal(bytes, records)) send_all(connection, records);
}

ReadResult SocketWire::receive(int connection, std::string& out) {
  pollfd waiting{connection, POLLIN, 0};
  if (poll(&waiting, 1, options_.quiet_ms) <= 0) return ReadResult::quiet;
  char buffer[16384];
  const ssize_t got = recv(connection, buffer, sizeof buffer, 0);
  if (got <= 0) return ReadResult::closed;
  out.append(buffer, static_cast<size_t>(got));
  return ReadResult::bytes;
}

ReadResult SocketWire::read(int connection, std::string& out) {
  const auto& session = sessions_.at(connection);
  if (session == nullptr) return receive(connection, out);
  out += std::exchange(early_[connection], {});
  while (out.empty()) {
    std::string received;
    const ReadResult result = receive(connection, received);
    if (result != ReadResult::bytes) return result;
    std::string records;
    const engine::TlsStatus status = session->open(received, out, records);
    send_all(connection, records);
    if (status == engine::TlsStatus::closed || status == engine::TlsStatus::failed) {
      return ReadResult::closed;
    }
  }
  return ReadResult::bytes;
}

bool SocketWire::start_tls(int connection) {
  sessions_[connection] = engine::make_client_session(*tls_, options_.domain);
  if (handshake(connection)) return true;
  cut(connection);
  return false;
}

bool SocketWire::handshake(int connection) {
  const auto& session = sessions_.at(connection);
  std::string received;
  while (true) {
    std::string records;
    const engine::TlsStatus status = session->open(received, early_[connection], records);
    send_all(connection, records);
    if (status == engine::TlsStatus::established) return true;
    if (status != engine::TlsStatus::ok) return false;
    received.clear();
    if (receive(connection, received) != ReadResult::bytes) return false;
  }
}

void SocketWire::close(int connection) {
  const auto& session = sessions_.at(connection);
  std::string records;
  if (session != nullptr) session->close(records);
  send_all(connection, records);
  early_.erase(connection);
  sessions_.erase(connection);
  ::close(connection);
}

void SocketWire::cut(int connection) {
  // A reset: neither close_notify nor FIN, as when the network is gone.
  const linger at_once{1, 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  early_.erase(connection);
  sessions_.erase(connection);
  ::close(connection);
}

}  // namespace scenario
