#include "bench/load/sip/link.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/load/phases/activity.h"

namespace load {

static constexpr uint32_t kListener = kForeign - 2;  // a line that is none
static constexpr size_t kDatagramsASend = 32;
static constexpr size_t kBytesASend = 60'000;
static constexpr int kSocketBytes = 4 << 20;

Link::Link(const Stage& stage, LinkEvents& events)
    : options_(stage.options),
      crowd_(stage.crowd),
      ring_(stage.crowd.ring()),
      events_(events),
      generation_(stage.order.phase + 1),
      tcp_(stage.phase.over_tcp) {
  local_.sin_family = server_.sin_family = AF_INET;
  local_.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + stage.worker);
  local_.sin_port = htons(options_.sip_peer_port);
  server_.sin_port = htons(options_.sip_port);
  crowd_.carry(this);
}

Link::~Link() {
  crowd_.carry(nullptr);
  for (const Line& line : lines_) {
    shutdown(line.fd, SHUT_RDWR);  // ends what the ring still has under way
    close(line.fd);
  }
  if (listener_ < 0) return;
  shutdown(listener_, SHUT_RDWR);
  close(listener_);
}

bool Link::open(std::string& error) {
  if (inet_pton(AF_INET, options_.address.c_str(), &server_.sin_addr) != 1) {
    error = options_.address + " is not an IPv4 address";
    return false;
  }
  if (tcp_ && options_.sip_peer_port != 0 && !listen_here(error)) return false;
  if (!connect_out(error)) return false;
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &local_.sin_addr, text, sizeof text);
  here_ = std::string(text) + ":" + std::to_string(ntohs(local_.sin_port));
  return true;
}

bool Link::bind_here(int fd, std::string& error) const {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&local_), sizeof local_) == 0) return true;
  error = "SIP: cannot bind port " + std::to_string(options_.sip_peer_port) + ": " +
          std::strerror(errno);
  return false;
}

bool Link::listen_here(std::string& error) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!bind_here(listener_, error)) return false;
  if (listen(listener_, 128) != 0) {
    error = std::string("SIP: listen: ") + std::strerror(errno);
    return false;
  }
  ring_.accept(listener_, tag(Op::accept, kListener));
  return true;
}

bool Link::connect_out(std::string& error) {
  const int fd = socket(AF_INET, (tcp_ ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  add_line(fd);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBytes, sizeof kSocketBytes);
  sockaddr_in source = local_;
  if (tcp_) source.sin_port = 0;  // the port is the listener's
  const auto* from = reinterpret_cast<const sockaddr*>(&source);
  if (tcp_ ? bind(fd, from, sizeof source) != 0 : !bind_here(fd, error)) return false;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0) {
    error = std::string("SIP: connect: ") + std::strerror(errno);
    return false;
  }
  if (local_.sin_port == 0) {
    socklen_t size = sizeof local_;
    getsockname(fd, reinterpret_cast<sockaddr*>(&local_), &size);
  }
  arm(kOurs);
  return true;
}

void Link::add_line(int fd) {
  lines_.emplace_back();
  lines_.back().fd = fd;
  if (!tcp_) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  lines_.back().framer = std::make_unique<sip::StreamFramer>(sip::Limits{});
}

void Link::arm(uint32_t line) { ring_.receive(lines_[line].fd, tag(Op::receive, line)); }

void Link::end(uint32_t to) {
  Line& line = lines_[to];
  if (tcp_) return;
  line.sizes.push_back(static_cast<uint16_t>(line.out.size() - line.ended));
  line.ended = line.out.size();
}

void Link::flush() {
  for (uint32_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].out.empty() || lines_[i].fd < 0) continue;
    if (tcp_)
      send_stream(i);
    else
      send_datagrams(lines_[i]);
  }
}

void Link::send_stream(uint32_t index) {
  Line& line = lines_[index];
  if (line.sending) return;
  line.flight.clear();
  line.flight.swap(line.out);
  line.sending = true;
  ring_.send(line.fd, line.flight.data(), line.flight.size(), tag(Op::send, index));
}

// Neighbours of one size leave together.
void Link::send_datagrams(Line& line) {
  char* at = line.out.data();
  for (size_t i = 0; i < line.sizes.size();) {
    const uint16_t size = line.sizes[i];
    size_t count = 1;
    while (i + count < line.sizes.size() && line.sizes[i + count] == size &&
           count < kDatagramsASend && (count + 1) * size <= kBytesASend) {
      ++count;
    }
    iovec bytes{at, count * size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof size)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof size);
    std::memcpy(CMSG_DATA(segment), &size, sizeof size);
    if (sendmsg(line.fd, &message, 0) < 0) lost(std::string("send: ") + std::strerror(errno));
    at += count * size;
    i += count;
  }
  line.out.clear();
  line.sizes.clear();
  line.ended = 0;
}

void Link::on_event(const Event& event, int64_t now) {
  if (event.tag.generation != generation_) return;  // of a phase that is over
  const uint32_t line = event.tag.index & ~kForeign;
  switch (event.tag.op) {
    case Op::accept:
      return on_accepted(event);
    case Op::receive:
      return on_received(line, event, now);
    case Op::send:
      lines_[line].sending = false;
      if (event.result < 0) lost(std::string("send: ") + std::strerror(-event.result));
      return;
    case Op::connect:
      return;
  }
}

void Link::on_accepted(const Event& event) {
  if (event.result < 0) return lost(std::string("accept: ") + std::strerror(-event.result));
  add_line(event.result);
  arm(static_cast<uint32_t>(lines_.size() - 1));
  if (!event.more) ring_.accept(listener_, tag(Op::accept, kListener));
}

void Link::on_received(uint32_t line, const Event& event, int64_t now) {
  if (event.result <= 0 && event.result != -ENOBUFS) {
    return lost(event.result < 0 ? std::strerror(-event.result) : "the server has closed");
  }
  if (tcp_)
    on_stream(line, event.data, now);
  else if (!event.data.empty() && message_.index_datagram(event.data))
    events_.on_message(message_, line, now);
  if (!event.more) arm(line);
}

void Link::on_stream(uint32_t line, base::Bytes bytes, int64_t now) {
  while (true) {
    switch (lines_[line].framer->next(bytes, message_)) {
      case sip::StreamFramer::Event::nothing:
        return;
      case sip::StreamFramer::Event::keep_alive:
        begin(line) += "\r\n";
        break;
      case sip::StreamFramer::Event::message:
        events_.on_message(message_, line, now);
        break;
      case sip::StreamFramer::Event::fault:
        return lost("what came is not SIP");
    }
  }
}

void Link::lost(const std::string& why) {
  if (lost_) return;
  lost_ = true;
  events_.on_lost("SIP: " + why);
}

}  // namespace load
