// Opening and closing the doors.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "appliance/admin/connection.h"

namespace appliance {
namespace {

base::Error failed(const std::string& what) { return {what + ": " + std::strerror(errno)}; }

}  // namespace

AdminServer::AdminServer(Control& control, const AdminLimits& limits)
    : control_(control), limits_(limits), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

AdminServer::~AdminServer() {
  stop();
  for (const int fd : {unix_listener_, http_listener_, wake_}) {
    if (fd >= 0) close(fd);
  }
  if (!path_.empty()) unlink(path_.c_str());
}

base::Status AdminServer::listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return base::Error{path + " is too long for a socket; set admin.socket to a shorter path"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed("socket");
  if (connect(fd, generic, sizeof address) == 0 || errno == EAGAIN) {
    close(fd);
    return base::Error{"another node is running: it listens on " + path};
  }
  unlink(path.c_str());
  // The directory is ours alone (0700); the mode below guards a socket put elsewhere.
  const mode_t before = umask(0177);
  const int bound = bind(fd, generic, sizeof address);
  umask(before);
  if (bound != 0 || listen(fd, 16) != 0) {
    const base::Error error = failed("cannot listen on " + path);
    close(fd);
    return error;
  }
  unix_listener_ = fd;
  path_ = path;
  return base::Status::ok();
}

base::Result<uint16_t> AdminServer::listen_http(const std::string& address, uint16_t port,
                                                bool any_host) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  socklen_t length = sizeof *v4;
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
  } else if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    length = sizeof *v6;
  } else {
    return base::Error{address + " is not a numeric address"};
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed("socket");
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  if (bind(fd, generic, length) != 0 || listen(fd, 16) != 0) {
    const base::Error error = failed("cannot listen on " + address + " port " +
                                     std::to_string(port) + " (admin.metrics_port)");
    close(fd);
    return error;
  }
  getsockname(fd, generic, &length);
  http_listener_ = fd;
  any_host_ = any_host;
  return ntohs(storage.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

void AdminServer::start() {
  thread_ = std::thread([this] { run(); });
}

void AdminServer::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof one) < 0) {
    // The counter is full, so the thread is awake already.
  }
  thread_.join();
  connections_.clear();
}

}  // namespace appliance
