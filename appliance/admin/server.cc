#include "appliance/admin/server.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "appliance/admin/command.h"
#include "appliance/admin/connection.h"
#include "appliance/admin/http.h"
#include "engine/trace/counters.h"
#include "engine/trace/openmetrics.h"
#include "engine/trace/trace.h"

namespace appliance {
namespace {

constexpr int kTickMs = 100;  // watchers are fed, deadlines looked at

}  // namespace

void AdminServer::run() {
  auto stop_at = std::chrono::steady_clock::time_point::max();
  std::vector<pollfd> polls;
  while (true) {
    polls.clear();
    polls.push_back({wake_, POLLIN, 0});
    const int16_t listening = resting_ ? 0 : POLLIN;
    polls.push_back({unix_listener_, listening, 0});
    polls.push_back({http_listener_, listening, 0});
    for (const auto& connection : connections_) {
      const bool reads = !connection->no_more_input && connection->out.empty();
      polls.push_back({connection->fd,
                       static_cast<int16_t>((reads || connection->watch ? POLLIN : 0) |
                                            (connection->out.empty() ? 0 : POLLOUT)),
                       0});
    }
    const bool waits = connections_.empty() && !resting_;
    poll(polls.data(), polls.size(), waits ? -1 : kTickMs);
    resting_ = false;
    const auto now = std::chrono::steady_clock::now();
    uint64_t wakes = 0;
    if (polls[0].revents != 0 && read(wake_, &wakes, sizeof wakes) < 0) continue;
    if (stopping_.load()) {
      if (stop_at == std::chrono::steady_clock::time_point::max()) {
        stop_at = now + std::chrono::seconds(1);
      }
      const bool busy = std::any_of(connections_.begin(), connections_.end(),
                                    [](const auto& c) { return !c->out.empty(); });
      if (!busy || now >= stop_at) return;
    }
    // New connections come behind those that were polled.
    for (size_t i = 3; i < polls.size(); ++i) serve(*connections_[i - 3], polls[i].revents);
    feed_watchers();
    for (const auto& connection : connections_) {
      if (connection->http && now >= connection->deadline) connection->dead = true;
    }
    close_finished();
    if (polls[1].revents != 0) accept_on(unix_listener_, false);
    if (polls[2].revents != 0) accept_on(http_listener_, true);
  }
}

void AdminServer::accept_on(int listener, bool http) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    // Out of descriptors, say. Who waits stays in the backlog; asking again at once would spin.
    resting_ = errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
    return;
  }
  const auto there = static_cast<size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [&](const auto& connection) { return connection->http == http; }));
  auto connection = std::make_unique<Connection>(fd, http, limits_.http_seconds);
  if (there >= limits_.connections || stopping_.load()) {
    trace::count(trace::Counter::admin_connections_refused);
    return;
  }
  connections_.push_back(std::move(connection));
}

void AdminServer::serve(Connection& connection, int16_t events) {
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) receive(connection);
  if (!connection.dead && !connection.out.empty()) send(connection);
  if (!connection.dead && !connection.http && connection.out.empty()) on_lines(connection);
}

void AdminServer::receive(Connection& connection) {
  char buffer[16384];
  const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
  if (got < 0) {
    connection.dead = errno != EAGAIN && errno != EINTR;
    return;
  }
  if (got == 0) {
    // A command that was sent whole has been answered already; nobody is there to watch.
    connection.no_more_input = true;
    connection.dead = connection.out.empty() || connection.watch != nullptr;
    return;
  }
  if (connection.no_more_input || connection.watch) return;  // a watcher has nothing to say
  connection.in.append(buffer, static_cast<size_t>(got));
  if (connection.http) on_http(connection);
}

void AdminServer::on_http(Connection& connection) {
  bool complete = false;
  std::string answer = answer_http(connection.in, complete);
  if (!complete) return;
  connection.out = std::move(answer);
  connection.no_more_input = true;
}

std::string AdminServer::answer_http(const std::string& received, bool& complete) {
  const HttpRequest request = parse_http(received);
  complete = request.state != HttpState::need_more;
  if (!complete) return {};
  const auto plain = [](uint16_t status, base::Bytes body) {
    return http_answer(status, "text/plain; charset=utf-8", std::string(body) + "\n");
  };
  if (request.state == HttpState::refused) {
    trace::count(trace::Counter::admin_requests_refused);
    return plain(request.status, request.why);
  }
  // A page in somebody's browser may name us by an address it controls (DNS rebinding), or say
  // where it comes from; neither is an operator's tool.
  if (request.foreign_origin || (!any_host_ && !is_local_host(request.host))) {
    trace::count(trace::Counter::admin_requests_refused);
    return plain(403, "not from here");
  }
  if (request.target == "/healthz") return plain(200, "alive");
  if (request.target == "/readyz") {
    return control_.ready() ? plain(200, "ready") : plain(503, "not ready");
  }
  if (request.target == "/metrics") {
    return http_answer(200, trace::kOpenMetricsType, control_.metrics());
  }
  return plain(404, "there are /metrics, /healthz and /readyz");
}

void AdminServer::on_lines(Connection& connection) {
  // One request at a time: the next line is looked at when this answer has left, so a peer that
  // does not read cannot make answers pile up.
  while (!connection.dead && connection.out.empty() && connection.watch == nullptr) {
    const size_t end = connection.in.find('\n');
    if (end == std::string::npos) break;
    connection.out =
        answer_request(base::Bytes(connection.in).substr(0, end), control_, connection.watch,
                       connection.held);
    connection.in.erase(0, end + 1);
    send(connection);
  }
  if (connection.in.size() > kRequestBytesMax) {
    trace::count(trace::Counter::admin_requests_refused);
    connection.dead = true;
  }
}

void AdminServer::feed_watchers() {
  for (const auto& connection : connections_) {
    if (connection->watch == nullptr || connection->dead) continue;
    std::string lines;
    const uint64_t lost = connection->watch->read(lines);
    std::string records;
    for (base::Bytes rest = lines; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size() - 1);
      JsonWriter(records).begin_object().member("record", rest.substr(0, end)).end_object();
      records += '\n';
      rest.remove_prefix(end + 1);
    }
    if (lost != 0) {
      JsonWriter(records).begin_object().member("lost", static_cast<int64_t>(lost)).end_object();
      records += '\n';
    }
    connection->out += records;
    connection->dead = connection->out.size() > limits_.output_bytes;
    if (!connection->dead && !connection->out.empty()) send(*connection);
  }
}

void AdminServer::send(Connection& connection) {
  const ssize_t sent =
      ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    connection.dead = errno != EAGAIN && errno != EINTR;
    return;
  }
  connection.out.erase(0, static_cast<size_t>(sent));
  if (!connection.out.empty()) return;
  if (connection.no_more_input) connection.dead = true;
}

void AdminServer::close_finished() {
  std::erase_if(connections_, [](const auto& connection) { return connection->dead; });
}

}  // namespace appliance
