// Cuts a stream (TCP, TLS) into messages (RFC 3261 §18.3): CRLFs in front of a message are skipped
// and a pair of them is a keep-alive to be answered with one (RFC 5626 §3.5.1), the head ends with
// an empty line, Content-Length gives the body. A message that lies whole in the bytes handed in is
// indexed where it is; one that a buffer's edge has cut is the only one copied. However it is cut,
// each byte is looked for the end of the head once, and a head indexed once more when all is there.
// Belongs to a connection. Keeps at most one unfinished message (Limits), nothing between messages.
// Errors: Event::fault, once and for all: the framing is lost. Answer with status_of(fault()) if
// the message can_answer(), then close.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/sip/message/limits.h"
#include "protocols/sip/message/message.h"

namespace sip {

class StreamFramer {
 public:
  explicit StreamFramer(const Limits& limits) : limits_(limits) {}

  enum class Event : uint8_t {
    nothing,     // `in` is used up
    message,     // `out` is indexed; its bytes are good until the next call
    keep_alive,  // CRLF CRLF: answer CRLF
    fault,
  };
  // Takes what it uses off the front of `in`. To be called until it answers `nothing` or `fault`.
  Event next(base::Bytes& in, Message& out);

  Fault fault() const { return fault_; }
  // Memory held for an unfinished message.
  size_t held_bytes() const { return carry_.capacity(); }
  bool in_message() const { return !carry_.empty() && !finished_; }

 private:
  bool skip_line_ends(base::Bytes& in);  // true: a keep-alive is complete
  Event begin(base::Bytes& in, Message& out);
  Event go_on(base::Bytes& in, Message& out);
  Event grow_head(base::Bytes& in, Message& out);
  void mark_searched();
  Event refuse(Fault fault);

  Limits limits_;
  std::string carry_;      // the beginning of a message
  uint64_t total_ = 0;     // bytes of that message; 0: not known yet
  uint32_t searched_ = 0;  // bytes of carry_ that were looked at for the end of the head
  uint8_t line_ends_ = 0;  // bytes of CR LF CR LF seen between messages
  bool finished_ = false;  // carry_ holds the message handed out last
  Fault fault_ = Fault::none;
};

}  // namespace sip
