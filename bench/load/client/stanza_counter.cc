#include "bench/load/client/stanza_counter.h"

#include <cstring>
#include <utility>

namespace load {

uint32_t StanzaCounter::take_requests() { return std::exchange(requests_, 0); }

// The end of an element that is a child of the stream.
void StanzaCounter::finish() {
  if (kind_ == 'm' || kind_ == 'p' || kind_ == 'i') ++stanzas_;
  if (kind_ == 'r') ++requests_;
  if (kind_ == 'a') acknowledged_ = number_;
}

void StanzaCounter::on_tag_end() {
  state_ = State::text;
  if (closing_) {
    if (depth_ > 0 && --depth_ == 0) finish();
  } else if (!slash_) {
    ++depth_;
  } else if (depth_ == 0) {
    finish();
  }
}

void StanzaCounter::feed(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    switch (state_) {
      case State::text: {
        const void* next = std::memchr(bytes.data() + i, '<', bytes.size() - i);
        if (next == nullptr) return;
        i = static_cast<size_t>(static_cast<const char*>(next) - bytes.data());
        state_ = State::opened;
        closing_ = slash_ = false;
        break;
      }
      case State::opened:
        closing_ = c == '/';
        if (!closing_ && depth_ == 0) {
          kind_ = c;
          number_ = 0;
        }
        state_ = State::tag;
        break;
      case State::tag:
        if (c == '>') {
          on_tag_end();
        } else if (c == '\'' || c == '"') {
          quote_ = c;
          state_ = State::quoted;
        } else {
          slash_ = c == '/';
          if (c == '=') h_ = before_ == 'h' && depth_ == 0 && kind_ == 'a';
          before_ = c;
        }
        break;
      case State::quoted:
        if (c == quote_) {
          state_ = State::tag;
          slash_ = h_ = false;
        } else if (h_ && c >= '0' && c <= '9') {
          number_ = number_ * 10 + static_cast<uint32_t>(c - '0');
        }
        break;
    }
  }
}

}  // namespace load
