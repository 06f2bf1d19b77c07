#include "tests/sim/network.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/base/check.h"

namespace sim {

int Network::connect(uint16_t port, Endpoint& endpoint, int shard) {
  std::vector<Listener*> armed;
  int at = 0;  // shards listen in the order of their numbers
  for (auto& [number, listener] : listeners_) {
    if (listener.port != port) continue;
    const bool wanted = shard < 0 || shard == at++;
    if (wanted && listener.accept.reactor != nullptr) armed.push_back(&listener);
  }
  if (armed.empty()) return -1;
  Listener& chosen = *armed[random_.below(armed.size())];  // the kernel's SO_REUSEPORT hash
  const int number = next_number_++;
  sockets_[number].endpoint = &endpoint;
  chosen.accept.reactor->complete({.user_data = chosen.accept.user_data,
                                   .result = number,
                                   .operation = engine::Operation::accept,
                                   .more = true});
  return number;
}

// Bytes travel in chunks that keep their order; each is delayed, some are cut.
void Network::client_send(int number, base::Bytes bytes) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.client_gone) return;
  Socket& socket = found->second;
  while (!bytes.empty()) {
    size_t n = bytes.size();
    if (random_.below(100) < weather.cut_percent) n = 1 + random_.below(bytes.size());
    base::Instant when =
        clock_.now() +
        base::Duration::microseconds(static_cast<int64_t>(random_.below(weather.delay_us_max + 1)));
    if (when < socket.clear_at) when = socket.clear_at;
    socket.clear_at = when;
    clock_.at(when, [this, number, chunk = std::string(bytes.substr(0, n))]() mutable {
      arrive(number, std::move(chunk));
    });
    bytes.remove_prefix(n);
  }
}

void Network::arrive(int number, std::string bytes) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.reset || found->second.dead) return;
  found->second.arrived += bytes;
  serve_receive(number);
}

void Network::client_finish(int number) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.client_gone) return;
  found->second.client_gone = true;
  clock_.at(found->second.clear_at, [this, number] {
    auto later = sockets_.find(number);
    if (later == sockets_.end()) return;
    later->second.end_arrived = true;
    serve_receive(number);
  });
}

void Network::client_reset(int number) {
  auto found = sockets_.find(number);
  if (found == sockets_.end()) return;
  found->second.client_gone = found->second.reset = true;
  found->second.arrived.clear();
  serve_receive(number);
  serve_send(number);
}

void Network::client_stall(int number, bool stalled) {
  auto found = sockets_.find(number);
  if (found == sockets_.end()) return;
  found->second.stalled = stalled;
  if (!stalled) {
    found->second.window = 65536;
    serve_send(number);
  }
}

void Network::forget(int number) {
  auto found = sockets_.find(number);
  if (found != sockets_.end()) found->second.endpoint = nullptr;
}

// Completes the armed receive, if there is something to tell it.
void Network::serve_receive(int number) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.receive.reactor == nullptr) return;
  Socket& socket = found->second;
  const Armed armed = socket.receive;
  engine::Completion done{.user_data = armed.user_data, .operation = engine::Operation::receive};
  if (socket.reset) {
    socket.receive = {};
    done.result = -ECONNRESET;
    armed.reactor->complete(done);
    return;
  }
  if (!socket.arrived.empty() && random_.below(100) < weather.starve_percent) {
    socket.receive = {};
    done.result = -ENOBUFS;
    armed.reactor->complete(done);
    return;
  }
  while (!socket.arrived.empty()) {
    const size_t n = std::min<size_t>(socket.arrived.size(), 2048);
    done.result = static_cast<int32_t>(n);
    done.more = true;
    armed.reactor->complete(done, socket.arrived.substr(0, n));
    socket.arrived.erase(0, n);
  }
  if (socket.end_arrived) {
    socket.receive = {};
    done.result = 0;
    done.more = false;
    armed.reactor->complete(done);
  }
}

// The client's kernel takes what its window allows; the rest of the send waits or comes up short.
void Network::serve_send(int number) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.send.reactor == nullptr) return;
  Socket& socket = found->second;
  engine::Completion done{.user_data = socket.send.user_data, .operation = engine::Operation::send};
  Reactor& reactor = *socket.send.reactor;
  if (socket.reset) {
    done.result = -EPIPE;
    socket.send = {};
    socket.sending.clear();
    reactor.complete(done);
    return;
  }
  size_t n = socket.sending.size();
  if (n > socket.window) n = socket.window;
  if (n == 0) return;
  if (n > 1 && random_.below(100) < weather.short_send_percent) n = 1 + random_.below(n);
  if (socket.stalled) socket.window -= n;
  std::string bytes = socket.sending.substr(0, n);
  socket.sending.clear();
  socket.send = {};
  done.result = static_cast<int32_t>(n);
  reactor.complete(done);
  to_client(number, std::move(bytes));
}

void Network::to_client(int number, std::string bytes) {
  const auto delay =
      base::Duration::microseconds(static_cast<int64_t>(random_.below(weather.delay_us_max + 1)));
  Socket& socket = sockets_[number];
  base::Instant when = clock_.now() + delay;
  if (when < socket.clear_at) when = socket.clear_at;
  socket.clear_at = when;
  Endpoint* endpoint = socket.endpoint;
  clock_.at(when, [this, number, endpoint, chunk = std::move(bytes)] {
    auto found = sockets_.find(number);
    const bool gone = found == sockets_.end() || found->second.endpoint != endpoint;
    if (gone || endpoint == nullptr || found->second.silent) return;
    if (observer) observer(chunk);
    endpoint->on_bytes(chunk);
  });
}

// The server closed its end: the client learns of it after everything that was sent.
void Network::drop(int number) {
  auto found = sockets_.find(number);
  if (found == sockets_.end() || found->second.dead) return;
  const bool reset = found->second.reset;
  clock_.at(found->second.clear_at, [this, number, reset] {
    auto later = sockets_.find(number);
    if (later == sockets_.end() || later->second.dead) return;  // it is told of that
    Endpoint* endpoint = later->second.endpoint;
    sockets_.erase(later);
    if (endpoint != nullptr) endpoint->on_end(reset);
  });
}

void Network::node_died(bool power) {
  ++deaths_;
  listeners_.clear();
  datagram_sockets_.clear();
  connecting_.clear();
  for (auto& [number, socket] : sockets_) {
    socket.receive = socket.send = {};
    socket.arrived.clear();
    socket.sending.clear();
    if (std::exchange(socket.dead, true)) continue;
    base::Instant when = std::max(clock_.now(), socket.clear_at);
    if (power) {
      socket.silent = random_.below(2) == 0;
      when = when + base::Duration::microseconds(static_cast<int64_t>(random_.below(500000)));
    }
    clock_.at(when, [this, number = number] {
      auto later = sockets_.find(number);
      if (later == sockets_.end()) return;
      Endpoint* endpoint = later->second.endpoint;
      sockets_.erase(later);
      if (endpoint != nullptr) endpoint->on_node_death();
    });
  }
}

uint64_t Network::bytes_held_by_server_sends() const {
  uint64_t sum = 0;
  for (const auto& [number, socket] : sockets_) sum += socket.sending.size();
  return sum;
}

base::Result<int> Reactor::listen(const engine::ListenAddress& address) {
  const int number = network_.next_number_++;
  network_.listeners_[number].port = address.port;
  return number;
}

uint16_t Reactor::local_port(int socket) {
  auto datagrams = network_.datagram_sockets_.find(socket);
  if (datagrams != network_.datagram_sockets_.end()) return datagrams->second.port;
  auto found = network_.listeners_.find(socket);
  return found == network_.listeners_.end() ? 0 : found->second.port;
}

void Reactor::remote_address(int socket, base::Sink& address, uint16_t& port) {
  address.append("127.0.0.1");
  port = static_cast<uint16_t>(socket);
}

void Reactor::arm_accept(int listener, uint64_t user_data) {
  network_.listeners_.at(listener).accept = {this, user_data};
}

void Reactor::arm_receive(int socket, uint64_t user_data) {
  auto found = network_.sockets_.find(socket);
  if (found == network_.sockets_.end()) {
    complete({.user_data = user_data, .result = -EBADF, .operation = engine::Operation::receive});
    return;
  }
  CHECK(found->second.receive.reactor == nullptr);  // two receives would split the stream
  found->second.receive = {this, user_data};
  network_.serve_receive(socket);
}

void Reactor::cancel(engine::Operation target, uint64_t user_data) {
  const auto end = [&](Network::Armed& armed) {
    if (armed.reactor != this || armed.user_data != user_data) return false;
    armed = {};
    complete({.user_data = user_data, .result = -ECANCELED, .operation = target});
    return true;
  };
  for (auto& [number, listener] : network_.listeners_) {
    if (target == engine::Operation::accept && end(listener.accept)) return;
  }
  for (auto& [number, socket] : network_.datagram_sockets_) {
    if (target == engine::Operation::receive_datagrams && end(socket.receive)) return;
  }
  if (target == engine::Operation::connect && network_.connecting_.erase({this, user_data}) > 0) {
    complete({.user_data = user_data, .result = -ECANCELED, .operation = target});
    return;
  }
  for (auto& [number, socket] : network_.sockets_) {
    if (target == engine::Operation::receive && end(socket.receive)) return;
    if (target == engine::Operation::send && end(socket.send)) {
      socket.sending.clear();
      return;
    }
  }
}

void Reactor::send(int number, std::span<const iovec> pieces, uint64_t user_data) {
  if (ended_) return;
  auto found = network_.sockets_.find(number);
  if (found == network_.sockets_.end() || found->second.write_shut) {
    complete({.user_data = user_data, .result = -EPIPE, .operation = engine::Operation::send});
    return;
  }
  CHECK(found->second.send.reactor == nullptr);  // one in flight, or order is lost
  found->second.send = {this, user_data};
  for (const iovec& piece : pieces) {
    found->second.sending.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  network_.serve_send(number);
}

void Reactor::close(int number) {
  auto found = network_.sockets_.find(number);
  if (found != network_.sockets_.end()) {
    found->second.receive = {};
    found->second.send = {};
    network_.drop(number);
  }
  network_.listeners_.erase(number);
}

void Reactor::shut_down_writes(int number) {
  auto found = network_.sockets_.find(number);
  if (found == network_.sockets_.end()) return;
  found->second.write_shut = true;
  const base::Instant when = found->second.clear_at;
  clock_.at(when, [network = &network_, number] {
    auto later = network->sockets_.find(number);
    if (later == network->sockets_.end() || later->second.endpoint == nullptr) return;
    if (later->second.dead) return;
    later->second.endpoint->on_end(false);
  });
}

void Reactor::commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
                     uint64_t user_data) {
  disk_.commit(file, pieces, offset, sync, [this, user_data](int32_t result) {
    complete({.user_data = user_data, .result = result, .operation = engine::Operation::commit});
  });
}

void Reactor::complete(engine::Completion completion, std::string data,
                       const base::SocketAddress& from) {
  pending_.push_back({completion, std::move(data), from});
}

std::span<const engine::Completion> Reactor::reap() {
  reaped_ = std::move(pending_);
  pending_.clear();
  batch_.clear();
  if (woken_) batch_.push_back({.operation = engine::Operation::wake});
  woken_ = false;
  for (Pending& pending : reaped_) {
    pending.completion.data = pending.data;
    if (pending.from) pending.completion.from = &pending.from;
    batch_.push_back(pending.completion);
  }
  return batch_;
}

}  // namespace sim
