#include "appliance/node/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace appliance {
namespace {

base::Error failed(const std::string& what) { return {what + ": " + std::strerror(errno)}; }

bool write_all(int fd, base::Bytes content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0;
}

}  // namespace

base::Status prepare_folder(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    const bool last = slash == std::string::npos;
    if (!part.empty() && mkdir(part.c_str(), last ? 0700 : 0755) != 0 && errno != EEXIST) {
      return failed("cannot make the directory " + part);
    }
    if (last) break;
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return failed("the directory " + path + " is not writable");
  }
  return base::Status::ok();
}

bool file_exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

base::Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || (file.peek() != EOF && !(text << file.rdbuf()))) {
    return base::Error{"cannot read " + path};
  }
  return text.str();
}

base::Status write_file(const std::string& path, base::Bytes content, int mode) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return failed("cannot write " + fresh);
  const bool whole = write_all(fd, content);
  const base::Error error = failed("cannot write " + path);
  close(fd);
  if (!whole || rename(fresh.c_str(), path.c_str()) != 0) {
    unlink(fresh.c_str());
    return error;
  }
  return base::Status::ok();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace appliance
