// Turns a stream's bytes, cut anywhere, into its events: header, stanzas, end. The only state kept
// between calls is the framer's few bytes and, for a stanza cut by a buffer's edge, its bytes so
// far (never more than Limits::stanza_bytes; freed as soon as the stanza is done).
// Belongs to one stream; movable with it.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "protocols/xml/element.h"
#include "protocols/xml/limits.h"

namespace xml {

enum class StreamEvent : uint8_t {
  need_more,  // `in` is used up
  header,     // <stream:stream …>: element() is the open tag without children
  stanza,     // element() is a complete child of the stream
  end,        // </stream:stream>
  error,      // verdict() says why; the reader must not be fed again before restart()
};

class StreamReader {
 public:
  StreamReader();
  ~StreamReader();
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;

  // Takes bytes off the front of `in` until there is an event. The element is valid until the next
  // call, as long as `in`'s memory is. `document` is the shard's scratch.
  StreamEvent next(base::Bytes& in, Document& document, const Limits& limits);
  Element element() const;
  Verdict verdict() const;
  // After STARTTLS and SASL a new header is expected (RFC 6120 §4.3.3). Drops any carried bytes.
  // White space may come before it: clients end their last element of the old stream with a line.
  void restart();
  size_t carried_bytes() const;  // held for an unfinished stanza

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xml
