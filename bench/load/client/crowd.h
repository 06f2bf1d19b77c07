// All clients of one worker on one ring: connects them, signs them in, carries bytes both ways, and
// tells the activity of the moment. Everything a client says in a turn leaves in one send.
// One thread. What waits for a server that does not read is bounded by the activities.
#pragma once

#include <netinet/in.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/client/client.h"
#include "bench/load/io/ring.h"
#include "bench/load/options.h"
#include "engine/tls/random.h"

namespace load {

enum class Gone : uint8_t { left, lost, refused, denied };

// What a phase does with the clients, seen from them.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void on_ready(Client& client, int64_t now) = 0;
  // Of a client that is ready; a piece of its stream, cut anywhere.
  virtual void on_bytes(Client& client, base::Bytes bytes, int64_t now) = 0;
  // left: it had said good-bye. lost: the connection of a client that was ready. refused, denied:
  // of one that was signing in (see Login::Result).
  virtual void on_gone(Client& client, Gone how, int64_t now) = 0;
};

// Who has sockets of its own on the crowd's ring; their tags have an index from kForeign on.
class SocketEvents {
 public:
  virtual ~SocketEvents() = default;
  virtual void on_event(const Event& event, int64_t now) = 0;
};
inline constexpr uint32_t kForeign = 1U << 31;

class Crowd {
 public:
  // Accounts `first` to `first + count - 1`, from the loopback address of worker `worker`.
  Crowd(const Options& options, uint32_t worker, uint32_t first, uint32_t count);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] bool start(std::string& error);
  // Whether --batch and --ease are for now: where load is as fast as it goes, not where it is
  // timed.
  void gather(bool gathering) { gathering_ = gathering; }
  void listen_to(ClientEvents* events) { events_ = events; }
  void carry(SocketEvents* foreign) { foreign_ = foreign; }
  Ring& ring() { return *ring_; }
  // `control`: a stream socket of the master's; what comes there is on_control's.
  void watch_control(int control);
  bool take_control() { return std::exchange(control_came_, false); }
  bool control_lost() const { return control_lost_; }

  void sign_in(Client& client, int64_t wanted_at);
  void sign_out(Client& client);
  void drop(Client& client);  // closes the socket; no event
  void say(Client& client, base::Bytes text) {
    client.out.append(text);
    touch(client);
  }
  // For callers that write into client.out themselves.
  void touch(Client& client) {
    if (client.dirty) return;
    client.dirty = true;
    dirty_.push_back(client.index);
  }

  // Hands over what was said, waits for something to happen or the deadline, tells of it.
  void turn(int64_t deadline_ns);

  std::vector<Client>& clients() { return clients_; }
  Client& client(uint32_t index) { return clients_[index]; }
  uint32_t size() const { return static_cast<uint32_t>(clients_.size()); }
  uint32_t ready() const { return ready_; }
  const std::string& trouble() const { return trouble_; }  // of the last client that was gone

 private:
  void on_event(const Event& event);
  void on_connected(Client& client, int result);
  void on_received(Client& client, const Event& event);
  void on_closed(Client& client);
  void on_sent(Client& client, int result);
  void on_plain(Client& client, base::Bytes bytes);
  void on_login(Client& client, base::Bytes bytes);
  void on_raw_login(Client& client, base::Bytes bytes);
  void become_ready(Client& client);
  void start_tls(Client& client);
  bool decrypt(Client& client, base::Bytes bytes, std::string& plain);
  void manage_stream(Client& client, base::Bytes bytes);
  void rest();
  void flush();
  void flush(Client& client);
  void gone(Client& client, Gone how, const std::string& why);

  const Options& options_;
  const uint32_t worker_;
  std::unique_ptr<Ring> ring_;
  std::vector<Client> clients_;
  std::vector<uint32_t> dirty_;
  ClientEvents* events_ = nullptr;
  SocketEvents* foreign_ = nullptr;
  engine::SecureRandom random_;
  std::shared_ptr<const engine::TlsClientContext> tls_;
  sockaddr_in server_{};
  std::string plain_;
  int64_t now_ = 0;
  int64_t eased_since_ = 0;  // --ease: this stretch of time, and what was worked before it
  int64_t worked_before_ = 0;
  uint32_t ready_ = 0;
  int control_ = -1;
  bool gathering_ = false;
  bool control_came_ = false;
  bool control_lost_ = false;
  std::string trouble_;
};

}  // namespace load
