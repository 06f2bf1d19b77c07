#include "appliance/cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace appliance {

AdminClient::~AdminClient() {
  if (fd_ >= 0) close(fd_);
}

base::Status AdminClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return base::Error{path + " is too long a path"};
  std::memcpy(address.sun_path, path.data(), path.size());
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 &&
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return base::Status::ok();
  }
  nobody_listens_ = errno == ENOENT || errno == ECONNREFUSED;
  if (errno == EACCES) {
    return base::Error{"no access to " + path + ": be root or the node's own user"};
  }
  return base::Error{"no node is running at " + path +
                     ": start it, or name its data directory with --data"};
}

base::Status AdminClient::send(base::Bytes line) {
  while (!line.empty()) {
    const ssize_t sent = ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent < 0) return base::Error{std::string("the node hung up: ") + std::strerror(errno)};
    line.remove_prefix(static_cast<size_t>(sent));
  }
  return base::Status::ok();
}

base::Result<std::string> AdminClient::receive() {
  while (true) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    char buffer[65536];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return base::Error{"the node hung up"};
    received_.append(buffer, static_cast<size_t>(got));
  }
}

}  // namespace appliance
