// One bench client on a plain connection: SASL PLAIN, bind, presence, stream management; then it
// sends messages that carry the time, or reads them and acknowledges. Bytes in, bytes out.
// It looks for the few markers it waits for and parses nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ack_cost {

// What all clients of a measurement add to. Nanoseconds of the monotonic clock.
struct Figures {
  std::vector<uint32_t> delivery_us;  // from sending to the recipient's having read it
  std::vector<uint32_t> ack_us;       // from <r/> to the <a/> that answers it
  uint64_t delivered = 0;
  uint64_t acknowledged = 0;
};

class Client {
 public:
  // A receiver if `to` is empty.
  Client(std::string user, std::string to, Figures& figures);

  [[nodiscard]] bool on_bytes(std::string_view bytes, uint64_t now);  // false: see trouble()
  std::string& output() { return output_; }  // whoever sends erases what was sent
  bool ready() const { return step_ == Step::ready; }
  const std::string& trouble() const { return trouble_; }

  // Of a sender: how many messages are not acknowledged; says `count` more and asks for an answer.
  uint64_t in_flight() const { return said_ - acknowledged_; }
  void say(uint32_t count, uint64_t now);

 private:
  enum class Step { features, success, second_features, bind, presence, enabled, ready };
  struct Request {
    uint64_t covers = 0;  // messages said before it
    uint64_t at = 0;
  };

  void open_stream();
  bool advance();
  void measure(std::string_view text, uint64_t now);
  void on_acknowledgement(uint64_t count, uint64_t now);

  const std::string user_;
  const std::string to_;
  Figures& figures_;
  Step step_ = Step::features;
  std::string heard_;  // the beginning of something, from the last '>' on
  std::string output_;
  std::string trouble_;
  uint64_t said_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t handled_ = 0;
  std::vector<Request> requests_;  // unanswered, oldest first
};

}  // namespace ack_cost
