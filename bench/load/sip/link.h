// The way of a worker's SIP messages to the server and back, on the crowd's ring: one UDP socket,
// or a TCP connection of ours and those that the server opens to us. Worker k is 127.0.0.(2+k), at
// the port where the server knows its peer. What is written in a turn leaves at its end: datagrams
// of one size in one call, which the kernel cuts apart (UDP_SEGMENT), and a connection's bytes in
// one send. Lives for a phase; one thread. Errors: on_lost(), once.
#pragma once

#include <netinet/in.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/load/client/crowd.h"
#include "protocols/sip/message/stream_framer.h"

namespace load {

struct Stage;

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  // `from`: what an answer is written to. The message is good until the handler returns.
  virtual void on_message(const sip::Message& message, uint32_t from, int64_t now) = 0;
  virtual void on_lost(const std::string& why) = 0;
};

class Link final : public SocketEvents {
 public:
  static constexpr uint32_t kOurs = 0;  // what requests are written to

  Link(const Stage& stage, LinkEvents& events);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] bool open(std::string& error);
  // One message is appended to what begin() returns, then end() is called.
  std::string& begin(uint32_t to) { return lines_[to].out; }
  void end(uint32_t to);
  void flush();

  // As messages name it: "UDP", "127.0.0.2:5090".
  base::Bytes transport() const { return tcp_ ? "TCP" : "UDP"; }
  const std::string& here() const { return here_; }

  void on_event(const Event& event, int64_t now) override;

 private:
  struct Line {
    int fd = -1;
    bool sending = false;
    std::string out;
    std::string flight;           // TCP: handed over
    std::vector<uint16_t> sizes;  // UDP: of the datagrams in `out`
    size_t ended = 0;             // bytes of `out` that are such
    std::unique_ptr<sip::StreamFramer> framer;
  };

  bool bind_here(int fd, std::string& error) const;
  bool connect_out(std::string& error);
  bool listen_here(std::string& error);
  void add_line(int fd);
  void arm(uint32_t line);
  void on_accepted(const Event& event);
  void on_received(uint32_t line, const Event& event, int64_t now);
  void on_stream(uint32_t line, base::Bytes bytes, int64_t now);
  void send_datagrams(Line& line);
  void send_stream(uint32_t line);
  void lost(const std::string& why);
  Tag tag(Op op, uint32_t line) const { return {op, generation_, kForeign | line}; }

  const Options& options_;
  Crowd& crowd_;
  Ring& ring_;
  LinkEvents& events_;
  const uint32_t generation_;
  const bool tcp_;
  bool lost_ = false;
  int listener_ = -1;
  std::string here_;
  sockaddr_in local_{};
  sockaddr_in server_{};
  std::vector<Line> lines_;
  sip::Message message_;
};

}  // namespace load
