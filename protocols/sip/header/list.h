// The elements of a header that is a list: over all of its lines, and within each at the commas
// that stand outside quoted strings and angle brackets (RFC 3261 §7.3.1).
// Lives on the stack; any shard. An empty value is an empty list; an empty element is handed out
// as one and is for the element's own grammar to refuse.
#pragma once

#include "engine/base/bytes.h"
#include "protocols/sip/message/message.h"

namespace sip {

class ListReader {
 public:
  ListReader(const Message& message, HeaderId id) : message_(&message), field_(message.find(id)) {
    open_line();
  }
  // Over one value alone.
  explicit ListReader(base::Bytes value) : rest_(value), more_(!value.empty()) {}

  bool next(base::Bytes& element);  // without the white space around it

 private:
  void open_line();

  const Message* message_ = nullptr;
  const HeaderField* field_ = nullptr;
  base::Bytes rest_;
  bool more_ = false;  // rest_ holds another element, be it empty
};

// Is `name` (compared without regard to case, parameters left out) one of the elements? For
// Supported, Require, Allow, Allow-Events and the like.
bool list_contains(const Message& message, HeaderId id, base::Bytes name);

}  // namespace sip
