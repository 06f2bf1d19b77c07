#include "bench/relay/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace relay {

using load::FrameHeader;
using load::FrameStatus;
using load::Op;

static constexpr uint32_t kNumbersMax = 1 << 24;

Relay::~Relay() {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) close(connection.fd);
  }
  if (listener_ >= 0) close(listener_);
}

bool Relay::start(std::string& error) {
  ring_ = load::Ring::make({}, error);
  if (ring_ == nullptr) return false;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // whom it accepts inherits it
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener_, 4096) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    error = std::string("cannot listen: ") + std::strerror(errno);
    return false;
  }
  port_ = ntohs(address.sin_port);
  ring_->accept(listener_, {.op = Op::accept});
  return true;
}

void Relay::turn() {
  ring_->wait(load::kNever);
  if (options_.batch > 1) ring_->gather(options_.batch, 1000 * options_.wait_us);
  ring_->each([this](const load::Event& event) { on_event(event); });
  flush();
}

void Relay::on_event(const load::Event& event) {
  const uint32_t slot = event.tag.index;
  switch (event.tag.op) {
    case Op::accept:
      return on_accept(event);
    case Op::receive:
      if (connections_[slot].generation == event.tag.generation) on_receive(slot, event);
      return;
    case Op::send: {
      Connection& connection = connections_[slot];
      if (connection.generation != event.tag.generation) return;
      connection.sending = false;
      if (!connection.out.empty()) put(slot, {});
      return;
    }
    case Op::connect:
      return;
  }
}

void Relay::on_accept(const load::Event& event) {
  if (!event.more) ring_->accept(listener_, {.op = Op::accept});
  if (event.result < 0) return;  // no descriptor left: whoever connects is not answered
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  connections_[slot].fd = event.result;
  ring_->receive(event.result, {Op::receive, connections_[slot].generation, slot});
}

void Relay::close_connection(uint32_t slot) {
  Connection& connection = connections_[slot];
  shutdown(connection.fd, SHUT_RDWR);
  close(connection.fd);
  connection.fd = -1;
  connection.generation = (connection.generation + 1) & 0xFFFFFF;
  connection.sending = false;
  connection.begun.clear();
  connection.out.clear();
  const uint32_t number = std::exchange(connection.number, kNobody);
  if (number != kNobody && slot_of_[number] == slot) slot_of_[number] = kNobody;
  free_.push_back(slot);
}

void Relay::on_receive(uint32_t slot, const load::Event& event) {
  if (event.result <= 0 && event.result != -ENOBUFS) return close_connection(slot);
  Connection& connection = connections_[slot];
  const uint32_t generation = connection.generation;
  if (connection.begun.empty()) {
    const std::string_view rest = take_frames(slot, event.data);
    if (connection.generation == generation) connection.begun = rest;
  } else {
    std::string all = std::exchange(connection.begun, {});
    all.append(event.data);
    const std::string_view rest = take_frames(slot, all);
    if (connection.generation == generation) connection.begun = rest;
  }
  if (event.more || connections_[slot].generation != generation) return;
  ring_->receive(connections_[slot].fd, {Op::receive, generation, slot});
}

// Returns the beginning of a frame that is left.
std::string_view Relay::take_frames(uint32_t slot, std::string_view bytes) {
  FrameHeader frame;
  while (!bytes.empty()) {
    const FrameStatus status = load::read_frame(bytes, frame);
    if (status == FrameStatus::incomplete) break;
    if (status == FrameStatus::malformed || frame.number >= kNumbersMax) {
      ++malformed_;
      close_connection(slot);
      return {};
    }
    on_frame(slot, frame, bytes.substr(0, frame.length));
    bytes.remove_prefix(frame.length);
  }
  return bytes;
}

void Relay::on_frame(uint32_t slot, const FrameHeader& frame, std::string_view bytes) {
  switch (frame.kind) {
    case 'H':
      if (slot_of_.size() <= frame.number) slot_of_.resize(frame.number + 1, kNobody);
      slot_of_[frame.number] = slot;
      connections_[slot].number = frame.number;
      return put(slot, bytes);
    case 'M':
      if (options_.lose_every != 0 && ++since_loss_ % options_.lose_every == 0) return;
      return hand_on(frame.number, bytes);
    case 'F':
      for (uint32_t i = 0; i < frame.count; ++i) hand_on(frame.number + i, bytes);
      return;
    default:
      return;
  }
}

void Relay::hand_on(uint32_t number, std::string_view bytes) {
  if (number >= slot_of_.size() || slot_of_[number] == kNobody) {
    ++strangers_;
    return;
  }
  put(slot_of_[number], bytes);
}

void Relay::put(uint32_t slot, std::string_view bytes) {
  Connection& connection = connections_[slot];
  connection.out.append(bytes);
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(slot);
}

// One send for each connection that was given something this turn.
void Relay::flush() {
  for (const uint32_t slot : dirty_) {
    Connection& connection = connections_[slot];
    connection.dirty = false;
    if (connection.fd < 0 || connection.sending || connection.out.empty()) continue;
    connection.flight.clear();
    connection.flight.swap(connection.out);
    connection.sending = true;
    ring_->send(connection.fd, connection.flight.data(), connection.flight.size(),
                {Op::send, connection.generation, slot});
  }
  dirty_.clear();
}

}  // namespace relay
