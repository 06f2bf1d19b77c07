// Finds where a stanza ends while its bytes trickle in, looking at each byte once. It understands
// just enough for that, and to see at once what no continuation could make right: too deep, a
// comment, '<' inside a tag. Everything else waits for the walker.
// Belongs to a stream that carries an unfinished stanza; 12 bytes.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"

namespace xml {

class Framer {
 public:
  enum class Unit : uint8_t {
    stanza,  // ends with the end tag of its first element, or is an end tag alone
    header,  // ends with the first start tag; an XML declaration may stand before it
  };
  explicit Framer(Unit unit = Unit::stanza) : header_(unit == Unit::header) {}

  enum class Found : uint8_t { nothing, end, fault };
  // Reads on. `end`: the unit's last byte is in[size - 1]. `fault`: `verdict` says which.
  Found scan(base::Bytes in, uint32_t depth_max, uint32_t& size, Verdict& verdict);

 private:
  enum class State : uint8_t {
    content,
    after_less,   // behind '<'
    declaration,  // in <?xml … ?>
    bang,         // in "<![CDATA[", matched_ bytes of it seen
    cdata,
    start_tag,
    quote,       // in an attribute value in "…"
    apostrophe,  // … in '…'
    end_tag,
  };
  Found structural(char c, char before, char before_that);
  Found after_less(char c, uint32_t depth_max);
  Found bang(char c);
  Found fault(Verdict verdict) {
    verdict_ = verdict;
    return Found::fault;
  }

  uint32_t depth_ = 0;
  State state_ = State::content;
  Verdict verdict_ = Verdict::ok;
  uint8_t matched_ = 0;
  bool header_;
  char last_[2] = {0, 0};  // the two bytes before those to come, the latest first
};

}  // namespace xml
