// The simulated wire: datagrams, which may get lost, come twice or be overtaken, and connections
// that the node makes.
#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "tests/sim/network.h"

namespace sim {

void Network::at(const base::SocketAddress& address, DatagramEndpoint& endpoint) {
  endpoints_[address] = &endpoint;
}

void Network::host(const base::SocketAddress& address, Host* host) { hosts_[address] = host; }

// The weather's say in one datagram: how often it arrives, and when.
void Network::travel(const std::function<void()>& arrive) {
  int copies = random_.below(100) < weather.datagram_loss_percent ? 0 : 1;
  if (copies > 0 && random_.below(100) < weather.datagram_twice_percent) ++copies;
  for (; copies > 0; --copies) {
    uint64_t late = random_.below(weather.delay_us_max + 1);
    if (random_.below(100) < weather.datagram_late_percent) {
      late += random_.below(weather.datagram_late_us_max + 1);
    }
    clock_.after(base::Duration::microseconds(static_cast<int64_t>(late)), arrive);
  }
}

void Network::send_datagram(const base::SocketAddress& from, uint16_t port, base::Bytes bytes) {
  std::vector<int> bound;
  for (const auto& [number, socket] : datagram_sockets_) {
    if (socket.port == port) bound.push_back(number);
  }
  if (bound.empty()) return;
  const int number = bound[keyed_hash(from) % bound.size()];  // the kernel's SO_REUSEPORT hash
  travel([this, number, datagram = Datagram{from, std::string(bytes)}] {
    arrive_at_node(number, datagram);
  });
}

void Network::arrive_at_node(int number, Datagram datagram) {
  auto found = datagram_sockets_.find(number);
  if (found == datagram_sockets_.end()) return;  // the node has died
  if (found->second.arrived.size() >= kDatagramsKept) return;
  found->second.arrived.push_back(std::move(datagram));
  serve_datagrams(number);
}

void Network::serve_datagrams(int number) {
  DatagramSocket& socket = datagram_sockets_.at(number);
  if (socket.receive.reactor == nullptr || socket.arrived.empty()) return;
  engine::Completion done{.user_data = socket.receive.user_data,
                          .operation = engine::Operation::receive_datagrams};
  Reactor& reactor = *socket.receive.reactor;
  if (random_.below(100) < weather.starve_percent) {
    socket.receive = {};
    done.result = -ENOBUFS;
    reactor.complete(done);
    return;
  }
  done.more = true;
  for (Datagram& datagram : socket.arrived) {
    done.result = static_cast<int32_t>(datagram.bytes.size());
    reactor.complete(done, std::move(datagram.bytes), datagram.from);
  }
  socket.arrived.clear();
}

void Network::to_endpoint(uint16_t from_port, const base::SocketAddress& to, std::string bytes) {
  travel([this, from_port, to, bytes = std::move(bytes)] {
    const auto found = endpoints_.find(to);
    if (found != endpoints_.end()) found->second->on_datagram(from_port, bytes);
  });
}

base::Result<int> Reactor::bind_datagrams(const engine::ListenAddress& address, uint32_t) {
  const int number = network_.next_number_++;
  network_.datagram_sockets_[number].port = address.port;
  return number;
}

void Reactor::arm_receive_datagrams(int socket, uint64_t user_data) {
  Network::DatagramSocket& here = network_.datagram_sockets_.at(socket);
  CHECK(here.receive.reactor == nullptr);
  here.receive = {this, user_data};
  network_.serve_datagrams(socket);
}

void Reactor::send_datagrams(int socket, std::span<const engine::DatagramToSend> batch,
                             uint64_t user_data) {
  if (ended_) return;
  const uint16_t port = local_port(socket);
  for (const engine::DatagramToSend& one : batch) {
    network_.to_endpoint(port, *one.to, std::string(one.bytes));
  }
  complete({.user_data = user_data, .operation = engine::Operation::send_datagrams});
}

void Reactor::connect(const base::SocketAddress& to, uint64_t user_data) {
  if (!ended_) network_.connect_out(*this, to, user_data);
}

// Answered after one trip there and back; by nobody if no host has ever been at that address.
void Network::connect_out(Reactor& reactor, const base::SocketAddress& to, uint64_t user_data) {
  const std::pair<Reactor*, uint64_t> key{&reactor, user_data};
  CHECK(connecting_.emplace(key, to).second);
  const uint64_t trip = 2 * random_.below(weather.delay_us_max + 1);
  clock_.after(base::Duration::microseconds(static_cast<int64_t>(trip)), [this, key, to] {
    const auto host = hosts_.find(to);
    if (host == hosts_.end() || connecting_.erase(key) == 0) return;
    engine::Completion done{
        .user_data = key.second, .result = -ECONNREFUSED, .operation = engine::Operation::connect};
    const int number = next_number_++;
    Endpoint* endpoint = host->second == nullptr ? nullptr : host->second->on_connection(number);
    if (endpoint != nullptr) {
      sockets_[number].endpoint = endpoint;
      done.result = number;
    }
    key.first->complete(done);
  });
}

}  // namespace sim
