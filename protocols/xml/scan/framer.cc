#include "protocols/xml/scan/framer.h"

#include "engine/base/check.h"
#include "protocols/xml/scan/structure.h"

namespace xml {
namespace {

constexpr base::Bytes kCdataOpen = "<![CDATA[";

}  // namespace

// Structural bytes are looked at one by one; so is the byte behind a '<', and the few of
// "<![CDATA[". Everything between is skipped.
Framer::Found Framer::scan(base::Bytes in, uint32_t depth_max, uint32_t& size, Verdict& verdict) {
  SCAN_SCRATCH Structure structure(in);
  const auto in_size = static_cast<uint32_t>(in.size());
  uint32_t next = structure.next();
  uint32_t at = 0;
  const auto byte_before = [&](uint32_t where, uint32_t distance) {
    return where >= distance ? in[where - distance] : last_[distance - where - 1];
  };
  while (at < in_size) {
    Found found = Found::nothing;
    if (state_ == State::after_less) {
      found = after_less(in[at], depth_max);
      // A '>' right behind '<' closes the tag as well.
      if (found == Found::nothing && state_ == State::start_tag) continue;
    } else if (state_ == State::bang) {
      found = bang(in[at]);
    } else {
      while (next < at) next = structure.next();
      if (next >= in_size) break;
      at = next;
      found = structural(in[at], byte_before(at, 1), byte_before(at, 2));
    }
    ++at;
    if (found == Found::nothing) continue;
    size = at;
    verdict = verdict_;
    return found;
  }
  if (in_size > 0) {
    const char second = byte_before(in_size, 2);
    last_[0] = in[in_size - 1];
    last_[1] = second;
  }
  return Found::nothing;
}

Framer::Found Framer::after_less(char c, uint32_t depth_max) {
  switch (c) {
    case '/':
      state_ = State::end_tag;
      return Found::nothing;
    case '!':
      if (depth_ == 0) return fault(Verdict::restricted);
      state_ = State::bang;
      matched_ = 2;
      return Found::nothing;
    case '?':
      if (!header_) return fault(Verdict::restricted);
      state_ = State::declaration;
      return Found::nothing;
    default:
      if (depth_ >= depth_max) return fault(Verdict::too_deep);
      ++depth_;
      state_ = State::start_tag;
      return Found::nothing;
  }
}

Framer::Found Framer::bang(char c) {
  if (c != kCdataOpen[matched_]) return fault(Verdict::restricted);
  if (++matched_ == kCdataOpen.size()) state_ = State::cdata;
  return Found::nothing;
}

Framer::Found Framer::structural(char c, char before, char before_that) {
  switch (state_) {
    case State::content:
      if (c == '<') state_ = State::after_less;
      return Found::nothing;
    case State::declaration:
      if (c == '>' && before == '?') state_ = State::content;
      return c == '<' ? fault(Verdict::not_well_formed) : Found::nothing;
    case State::cdata:
      if (c == '>' && before == ']' && before_that == ']') state_ = State::content;
      return Found::nothing;
    case State::quote:
      if (c == '"') state_ = State::start_tag;
      return c == '<' ? fault(Verdict::not_well_formed) : Found::nothing;
    case State::apostrophe:
      if (c == '\'') state_ = State::start_tag;
      return c == '<' ? fault(Verdict::not_well_formed) : Found::nothing;
    case State::start_tag:
      if (c == '<') return fault(Verdict::not_well_formed);
      if (c != '>') {
        state_ = c == '"' ? State::quote : State::apostrophe;
        return Found::nothing;
      }
      state_ = State::content;
      if (header_) return Found::end;
      if (before == '/') --depth_;
      return depth_ == 0 ? Found::end : Found::nothing;
    case State::end_tag:
      if (c != '>') return fault(Verdict::not_well_formed);
      state_ = State::content;
      if (depth_ > 0) --depth_;
      return depth_ == 0 ? Found::end : Found::nothing;
    case State::after_less:
    case State::bang:
      break;
  }
  CHECK(false);
  return Found::fault;
}

}  // namespace xml
