// The node's two doors for its operator: the Unix socket of the `rollcall` command (mode 0600), and
// a loopback HTTP server with /metrics, /healthz and /readyz. One thread for both; a command that
// waits for the database makes the others wait, at most kPatience.
// Made and ended by the main thread; everything else on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "appliance/admin/control.h"
#include "engine/base/result.h"
#include "engine/trace/watch.h"

namespace appliance {

struct AdminLimits {
  size_t connections = 32;        // each door; one more is closed at once
  int http_seconds = 5;           // from accept to the last byte out
  size_t output_bytes = 4 << 20;  // waiting for a watcher who does not read: he is cut off
};

class AdminServer {
 public:
  explicit AdminServer(Control& control, const AdminLimits& limits = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Replaces a socket file nobody listens on; an Error where somebody does.
  base::Status listen_unix(const std::string& path);
  // Yields the port (useful for 0). `any_host`: the address is not loopback on purpose.
  base::Result<uint16_t> listen_http(const std::string& address, uint16_t port, bool any_host);

  void start();
  void stop();  // finishes answers that are being written, for at most a second

 private:
  struct Connection;

  void run();
  void accept_on(int listener, bool http);
  void serve(Connection& connection, int16_t events);
  void receive(Connection& connection);
  void on_http(Connection& connection);
  void on_lines(Connection& connection);
  void feed_watchers();
  void send(Connection& connection);
  std::string answer_http(const std::string& received, bool& complete);
  void close_finished();

  Control& control_;
  const AdminLimits limits_;
  std::string path_;
  int unix_listener_ = -1;
  int http_listener_ = -1;
  bool any_host_ = false;
  int wake_ = -1;  // eventfd
  bool resting_ = false;  // accepting failed: the listeners are not polled for a tick
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace appliance
