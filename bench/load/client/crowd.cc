#include "bench/load/client/crowd.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace load {

static constexpr uint32_t kControl = UINT32_MAX;  // an index no client has
static constexpr int64_t kBatchWait = 200'000;

Crowd::Crowd(const Options& options, uint32_t worker, uint32_t first, uint32_t count)
    : options_(options), worker_(worker), clients_(count) {
  for (uint32_t i = 0; i < count; ++i) {
    clients_[i].index = i;
    clients_[i].number = first + i;
  }
}

Crowd::~Crowd() {
  for (const Client& client : clients_) {
    if (client.fd >= 0) close(client.fd);
  }
}

bool Crowd::start(std::string& error) {
  ring_ = Ring::make({}, error);
  if (ring_ == nullptr) return false;
  server_.sin_family = AF_INET;
  server_.sin_port = htons(options_.port);
  if (inet_pton(AF_INET, options_.address.c_str(), &server_.sin_addr) != 1) {
    error = options_.address + " is not an IPv4 address";
    return false;
  }
  if (options_.tls == Tls::off) return true;
  engine::TlsClientOptions wanted;
  if (options_.tls == Tls::direct) wanted.alpn = {"xmpp-client"};
  if (options_.tls_version != 0) wanted.version_min = wanted.version_max = options_.tls_version;
  auto made = engine::TlsClientContext::make(wanted);
  if (!made) {
    error = made.error().what;
    return false;
  }
  tls_ = *made;
  return true;
}

void Crowd::watch_control(int control) {
  control_ = control;
  ring_->receive(control, {.op = Op::receive, .index = kControl});
}

void Crowd::sign_in(Client& client, int64_t wanted_at) {
  client.wanted_at = wanted_at;
  client.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client.fd < 0) {
    gone(client, Gone::refused, std::string("socket: ") + std::strerror(errno));
    return;
  }
  const int on = 1;
  setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // The port is chosen when the destination is known, so that each source has all of them.
  setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + worker_);
  if (bind(client.fd, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) {
    gone(client, Gone::refused, std::string("bind: ") + std::strerror(errno));
    return;
  }
  client.state = ClientState::connecting;
  ring_->connect(client.fd, reinterpret_cast<sockaddr*>(&server_), sizeof server_,
                 {Op::connect, client.generation, client.index});
}

void Crowd::sign_out(Client& client) {
  if (client.state != ClientState::ready) return;
  --ready_;
  client.state = ClientState::leaving;
  if (options_.raw) {
    shutdown(client.fd, SHUT_WR);
  } else {
    say(client, "</stream:stream>");
  }
}

void Crowd::drop(Client& client) {
  if (client.state == ClientState::ready) --ready_;
  client.state = ClientState::away;
  client.generation = (client.generation + 1) & 0xFFFFFF;
  client.sending = client.receiving = false;
  client.secure = false;
  client.out.clear();
  client.records.clear();
  client.ticks.reset();
  client.counter = {};
  client.login.reset();
  if (client.tls != nullptr && options_.tickets) client.ticket = client.tls->ticket();
  client.tls.reset();
  if (client.fd < 0) return;
  shutdown(client.fd, SHUT_RDWR);  // ends what the ring still has under way
  close(client.fd);
  client.fd = -1;
}

void Crowd::gone(Client& client, Gone how, const std::string& why) {
  trouble_ = why;
  drop(client);
  if (events_ != nullptr) events_->on_gone(client, how, now_);
}

void Crowd::turn(int64_t deadline_ns) {
  flush();
  ring_->wait(deadline_ns);
  if (gathering_ && options_.batch > 1) ring_->gather(options_.batch, kBatchWait);
  if (gathering_ && options_.ease < 100) rest();
  now_ = now_ns();
  ring_->each([this](const Event& event) { on_event(event); });
}

// Sleeps for as long as too much was worked in the last hundredths of a second.
void Crowd::rest() {
  static constexpr int64_t kStretch = kSecond / 50;
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  const int64_t worked = used.tv_sec * kSecond + used.tv_nsec;
  const int64_t now = now_ns();
  if (now - eased_since_ > kStretch) {
    eased_since_ = now;
    worked_before_ = worked;
    return;
  }
  const int64_t wanted = (worked - worked_before_) * 100 / options_.ease;
  const int64_t ahead = wanted - (now - eased_since_);
  if (ahead <= 0) return;
  const timespec pause{0, std::min(ahead, kStretch)};
  nanosleep(&pause, nullptr);
}

void Crowd::on_event(const Event& event) {
  if (event.tag.index == kControl) {
    control_came_ = control_came_ || event.result > 0;
    control_lost_ = control_lost_ || event.result <= 0;
    if (!event.more && !control_lost_) watch_control(control_);
    return;
  }
  if (event.tag.index >= kForeign) {
    if (foreign_ != nullptr) foreign_->on_event(event, now_);
    return;
  }
  Client& client = clients_[event.tag.index];
  if (client.generation != event.tag.generation) return;  // of a socket that is closed
  switch (event.tag.op) {
    case Op::connect:
      return on_connected(client, event.result);
    case Op::receive:
      return on_received(client, event);
    case Op::send:
      return on_sent(client, event.result);
    case Op::accept:
      return;
  }
}

void Crowd::flush() {
  // By index: a send that fails at once may make others speak.
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Client& client = clients_[dirty_[i]];
    client.dirty = false;
    if (client.fd >= 0 && !client.sending) flush(client);
  }
  dirty_.clear();
}

void Crowd::flush(Client& client) {
  client.flight.clear();
  if (client.tls == nullptr) {
    client.flight.swap(client.out);
  } else {
    client.flight.swap(client.records);
    if (client.secure && !client.out.empty() && !client.tls->seal(client.out, client.flight)) {
      gone(client, Gone::lost, "cannot encrypt");
      return;
    }
    if (client.secure) client.out.clear();
  }
  if (client.flight.empty()) return;
  client.sending = true;
  ring_->send(client.fd, client.flight.data(), client.flight.size(),
              {Op::send, client.generation, client.index});
}

void Crowd::on_sent(Client& client, int result) {
  client.sending = false;
  // What fails here fails for the receive too, which tells of it.
  if (result <= 0) return;
  if (!client.out.empty() || !client.records.empty()) touch(client);
}

}  // namespace load
