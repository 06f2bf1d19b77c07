// The command line's end of the admin socket.
// Main thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace appliance {

class AdminClient {
 public:
  AdminClient() = default;
  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  base::Status connect(const std::string& path);  // an Error: the node is not running
  // After connect() has failed: there is no node, and not only no way to it.
  bool nobody_listens() const { return nobody_listens_; }
  base::Status send(base::Bytes line);
  // The next line without its end; an Error where there will be none.
  base::Result<std::string> receive();

 private:
  int fd_ = -1;
  bool nobody_listens_ = false;
  std::string received_;
};

}  // namespace appliance
