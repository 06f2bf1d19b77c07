// What comes to the clients of a crowd: connections, bytes, the end of either.
#include <cerrno>
#include <cstring>

#include "bench/load/client/crowd.h"
#include "bench/load/client/frame.h"

namespace load {

void Crowd::on_connected(Client& client, int result) {
  if (result < 0) {
    gone(client, Gone::refused, std::string("cannot connect: ") + std::strerror(-result));
    return;
  }
  client.state = ClientState::signing_in;
  client.receiving = true;
  ring_->receive(client.fd, {Op::receive, client.generation, client.index});
  if (options_.raw) {
    say(client, hello_frame(client.number));
    return;
  }
  client.login = std::make_unique<Login>(options_, client.number, options_.tls == Tls::direct,
                                         client.scram, random_, client.counter);
  if (options_.tls == Tls::direct) {
    start_tls(client);
  } else {
    client.login->open(client.out);
    touch(client);
  }
}

void Crowd::on_received(Client& client, const Event& event) {
  client.receiving = event.more;
  if (event.result <= 0 && event.result != -ENOBUFS) return on_closed(client);
  const uint32_t generation = client.generation;
  if (client.tls == nullptr) {
    on_plain(client, event.data);
  } else {
    plain_.clear();
    if (decrypt(client, event.data, plain_) && !plain_.empty()) on_plain(client, plain_);
  }
  if (client.generation != generation || client.receiving) return;
  client.receiving = true;
  ring_->receive(client.fd, {Op::receive, client.generation, client.index});
}

void Crowd::on_closed(Client& client) {
  const bool leaving = client.state == ClientState::leaving;
  const Gone how = leaving                              ? Gone::left
                   : client.state == ClientState::ready ? Gone::lost
                                                        : Gone::refused;
  gone(client, how, user_name(client.number) + ": the connection was closed");
}

void Crowd::on_plain(Client& client, base::Bytes bytes) {
  if (client.state == ClientState::signing_in) {
    if (options_.raw)
      become_ready(client);
    else
      on_login(client, bytes);
    return;
  }
  if (options_.stream_management) manage_stream(client, bytes);
  if (client.state == ClientState::ready && events_ != nullptr) {
    events_->on_bytes(client, bytes, now_);
  }
}

void Crowd::on_login(Client& client, base::Bytes bytes) {
  const Login::Result result = client.login->on_bytes(bytes, client.out);
  touch(client);
  switch (result) {
    case Login::Result::more:
      return;
    case Login::Result::start_tls:
      return start_tls(client);
    case Login::Result::ready:
      return become_ready(client);
    case Login::Result::refused:
    case Login::Result::denied:
      return gone(client, result == Login::Result::denied ? Gone::denied : Gone::refused,
                  std::string(client.login->trouble()));
  }
}

void Crowd::become_ready(Client& client) {
  client.state = ClientState::ready;
  client.login.reset();
  client.ready_at = now_ns();
  ++ready_;
  if (events_ != nullptr) events_->on_ready(client, client.ready_at);
}

void Crowd::manage_stream(Client& client, base::Bytes bytes) {
  client.counter.feed(bytes);
  if (client.counter.take_requests() == 0) return;
  say(client, "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(client.counter.stanzas()) + "'/>");
}

void Crowd::start_tls(Client& client) {
  client.tls = engine::make_client_session(*tls_, options_.domain, client.ticket);
  std::string none;
  if (client.tls->open({}, none, client.records) == engine::TlsStatus::failed) {
    gone(client, Gone::denied, std::string("TLS: ") + client.tls->failure());
    return;
  }
  touch(client);
}

bool Crowd::decrypt(Client& client, base::Bytes bytes, std::string& plain) {
  const engine::TlsStatus status = client.tls->open(bytes, plain, client.records);
  if (!client.records.empty()) touch(client);
  switch (status) {
    case engine::TlsStatus::established:
      client.login->secured(client.out);
      client.secure = true;
      touch(client);
      return true;
    case engine::TlsStatus::ok:
      return true;
    case engine::TlsStatus::closed:
      on_closed(client);
      return false;
    case engine::TlsStatus::failed:
      gone(client, client.secure ? Gone::lost : Gone::refused,
           std::string("TLS: ") + client.tls->failure());
      return false;
  }
  return true;
}

}  // namespace load
