// Finds where a stanza ends while its bytes trickle in, looking at each byte once. It understands
// just enough for that, and to see at once what no continuation could make right: too deep, a
// comment, '<' inside a tag, an end tag that is not the open element's. Everything else waits for
// the walker.
// Belongs to a stream that carries an unfinished stanza; 24 bytes, and 4 for each level allowed.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"

namespace xml {

class Framer {
 public:
  enum class Unit : uint8_t {
    stanza,  // ends with the end tag of its first element, or is an end tag alone
    header,  // ends with the first start tag; an XML declaration may stand before it
  };
  explicit Framer(Unit unit = Unit::stanza, uint32_t depth_max = 0)
      : depth_max_(depth_max), header_(unit == Unit::header) {}

  enum class Found : uint8_t { nothing, end, fault };
  // Reads on: `unit` is all that has come since the unit began, what is behind `from` is new.
  // `end`: its last byte is unit[size - 1]. `fault`: `verdict` says which.
  Found scan(base::Bytes unit, uint32_t from, uint32_t& size, Verdict& verdict);

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
  Found structural(base::Bytes unit, uint32_t at);
  Found after_less(char c, uint32_t at);
  Found bang(char c);
  Found end_tag(base::Bytes unit, uint32_t at);
  Found fault(Verdict verdict) {
    verdict_ = verdict;
    return Found::fault;
  }

  std::unique_ptr<uint32_t[]> opened_;  // where the names of the open elements begin
  uint32_t depth_ = 0;
  uint32_t depth_max_;
  uint32_t end_name_ = 0;  // where the name of the end tag begins
  State state_ = State::content;
  Verdict verdict_ = Verdict::ok;
  uint8_t matched_ = 0;
  bool header_;
};

}  // namespace xml
