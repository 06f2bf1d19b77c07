// A simulated SIP system, a call manager say, that the node knows as a trunk peer: client
// transactions that send again until they are answered (RFC 3261 §17.1.2), and answers to what the
// node asks, the same for the same request however often it comes.
// Speaks by UDP from one address and several ports, so that it reaches several shards. One a world.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/world.h"

namespace sim {

struct SipRequest {
  std::string method;
  std::string uri;  // without <>
  std::string from;
  std::string to;
  std::string call_id;
  uint32_t cseq = 1;
  std::string fields;  // each with its line end
  std::string body;
};

struct SipAnswer {
  int status = 0;  // 0: none came
  std::string text;
  base::Instant asked;
  bool over_crash = false;  // the node died meanwhile: it may have heard the request twice
};

class SipAgent final : public DatagramEndpoint {
 public:
  using Done = std::function<void(const SipAnswer&)>;

  explicit SipAgent(World& world);

  void ask(const SipRequest& request, Done done);
  size_t asking() const { return asking_; }
  std::string new_id(const char* what) { return what + std::to_string(++last_id_); }

  // What a request is answered with that has not been heard before; 0: nothing.
  std::function<int(const std::string& request)> on_request;
  // The answer to this one has been lost for so long that the node may have given up.
  std::function<void(const std::string& request)> on_despair;
  std::string trouble;  // the node has broken the protocol

  void on_datagram(uint16_t from_port, base::Bytes bytes) override;

  static std::string field(const std::string& message, const std::string& name);
  static std::string tag_of(const std::string& value);
  static std::string body_of(const std::string& message);

 private:
  struct Asked {
    std::string bytes;
    base::SocketAddress from;
    base::Instant at;
    size_t crashes = 0;
    bool done = false;
    std::string answer;
    Done tell;
  };
  void send(const std::string& branch, base::Duration pause);
  void on_answer(const std::string& text);
  void finish(Asked& asked, int status, const std::string& text);
  void print(const char* what, const std::string& text) const;
  void answer(const std::string& request, int status);

  World& world_;
  std::map<std::string, Asked> asked_;  // by branch
  struct Heard {
    int status = 0;  // what it is answered with
    base::Instant first;
  };
  std::map<std::string, Heard> heard_;  // by branch
  size_t asking_ = 0;
  uint64_t last_id_ = 0;
};

}  // namespace sim
