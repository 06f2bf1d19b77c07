// The ceiling: takes frames (bench/load/client/frame.h) off connections and puts them on others,
// and does nothing else. What a server costs beyond this is its own; what this costs is the
// kernel's. One ring, one thread. What the recipients do not read is bounded by the generator's
// windows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/client/frame.h"
#include "bench/load/io/ring.h"

namespace relay {

struct RelayOptions {
  uint16_t port = 0;
  uint32_t batch = 32;      // completions to wait for
  int64_t wait_us = 200;    // but no longer
  uint32_t lose_every = 0;  // each Nth message, to see whether that is noticed; 0: none
};

class Relay {
 public:
  explicit Relay(const RelayOptions& options) : options_(options) {}
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  [[nodiscard]] bool start(std::string& error);
  uint16_t port() const { return port_; }
  // What has come is on its way when this returns.
  void turn();
  uint64_t malformed() const { return malformed_; }  // connections closed for that
  uint64_t strangers() const { return strangers_; }  // frames for numbers nobody has

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;

  struct Connection {
    int fd = -1;
    uint32_t generation = 0;
    uint32_t number = kNobody;
    bool sending = false;
    bool dirty = false;
    std::string begun;   // of a frame whose end has not come
    std::string out;     // for the next send
    std::string flight;  // of the one under way
  };

  void on_event(const load::Event& event);
  void on_accept(const load::Event& event);
  void on_receive(uint32_t slot, const load::Event& event);
  std::string_view take_frames(uint32_t slot, std::string_view bytes);
  void on_frame(uint32_t slot, const load::FrameHeader& frame, std::string_view bytes);
  void hand_on(uint32_t number, std::string_view bytes);
  void put(uint32_t slot, std::string_view bytes);
  void flush();
  void close_connection(uint32_t slot);

  const RelayOptions options_;
  std::unique_ptr<load::Ring> ring_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<Connection> connections_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> slot_of_;  // by number
  std::vector<uint32_t> dirty_;
  uint64_t malformed_ = 0;
  uint64_t strangers_ = 0;
  uint32_t since_loss_ = 0;
};

}  // namespace relay
