// Counts what comes on a stream with stream management (XEP-0198 §4): stanzas, requests for an
// acknowledgement, and the newest acknowledgement. Only used there, because it looks at every
// character of every tag; the stream may be cut anywhere. One thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace load {

class StanzaCounter {
 public:
  void feed(std::string_view bytes);

  uint32_t stanzas() const { return stanzas_; }
  uint32_t acknowledged() const { return acknowledged_; }
  // Requests since the last call.
  uint32_t take_requests();

 private:
  enum class State : uint8_t { text, opened, tag, quoted };
  void on_tag_end();
  void finish();

  State state_ = State::text;
  char quote_ = 0;
  char kind_ = 0;  // first letter of the stanza's name
  bool closing_ = false;
  bool slash_ = false;  // the last character of the tag so far
  bool h_ = false;      // the attribute before the quote is h
  char before_ = 0;
  uint32_t depth_ = 0;
  uint32_t stanzas_ = 0;
  uint32_t requests_ = 0;
  uint32_t number_ = 0;
  uint32_t acknowledged_ = 0;
};

}  // namespace load
