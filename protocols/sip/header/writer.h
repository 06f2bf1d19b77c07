// Writes a message as a row of fragments: constant pieces, numbers, and views copied as they are
// from the message that is answered. Appends to the caller's sink and allocates nothing beyond what
// that must grow by. Lives on the stack of whoever writes; any shard. Order of calls: a begin_,
// fields, then one end. Errors: none; a CR or LF inside a field's value becomes a space, so that
// no text from elsewhere writes a line of its own.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "protocols/sip/message/message.h"

namespace sip {

// "Trying" for 100; of a code without one of its own, that of its class.
base::Bytes reason_phrase(uint16_t status);

struct Response {
  uint16_t status = 200;
  base::Bytes reason;  // empty: reason_phrase(status)
  base::Bytes to_tag;  // added where To has none, and the response is not 100 (§8.2.6.2)
  // Where the request came from: written into its Via (§18.2.1, RFC 3581 §4). None: not written.
  base::SocketAddress source;
  // Record-Route goes back with what makes a dialog (§12.1.1).
  bool record_route = false;
};

struct Request {
  base::Bytes method;
  base::Bytes uri;
  base::Bytes transport;  // of our Via: "UDP", "TCP", "TLS"
  base::Bytes sent_by;    // host, or host:port
  base::Bytes branch;     // with its cookie
  base::Bytes route;      // values of Route with commas between; empty: none
  base::Bytes from;       // with its tag
  base::Bytes to;         // with its tag where there is one
  base::Bytes call_id;
  uint32_t cseq = 0;
  uint32_t max_forwards = 70;
};

class Writer {
 public:
  explicit Writer(base::Sink& out) : out_(out) {}

  // Status line, Via, From, To, Call-ID, CSeq, and Timestamp of a 100. What a refused request lacks
  // is left out; what it has twice comes once.
  void begin_response(const Message& request, const Response& how);
  // Request line, Via (asking for rport), Max-Forwards, Route, From, To, Call-ID, CSeq.
  void begin_request(const Request& how);
  // The ACK of a final response other than 2xx, or the CANCEL, of a request of ours that is kept as
  // it was sent: same Request-URI, topmost Via, Route, From, Call-ID (§9.1, §17.1.1.3). `to`: the
  // response's To of an ACK; empty: the request's.
  void begin_for(const Message& request, Method method, base::Bytes to);

  void field(HeaderId id, base::Bytes value);
  void field(base::Bytes name, base::Bytes value);
  void number(HeaderId id, uint64_t value);
  void copy(const Message& from, HeaderId id);  // every line of it; nothing if there is none
  // All of Via, with where the request came from in the topmost (§18.2.1).
  void via_lines(const Message& request, const base::SocketAddress& source);

  void end() { end_head(0); }
  void end(base::Bytes content_type, base::Bytes body);
  // The body is appended by the caller, or follows as a buffer that is shared.
  void end_head(uint64_t body_size);

 private:
  void name(HeaderId id);
  void line_end() { out_.append("\r\n"); }
  void append_number(uint64_t value);
  void append_value(base::Bytes value);
  void copy_first(const Message& from, HeaderId id);
  void to_line(const Message& request, const Response& how);

  base::Sink& out_;
};

}  // namespace sip
