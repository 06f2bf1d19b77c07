#include "protocols/xml/scan/framer.h"

#include "engine/base/check.h"
#include "protocols/xml/scan/characters.h"
#include "protocols/xml/scan/structure.h"

namespace xml {
namespace {

constexpr base::Bytes kCdataOpen = "<![CDATA[";

}  // namespace

// Structural bytes are looked at one by one; so is the byte behind a '<', and the few of
// "<![CDATA[". Everything between is skipped.
Framer::Found Framer::scan(base::Bytes unit, uint32_t from, uint32_t& size, Verdict& verdict) {
  CHECK(from <= unit.size());
  SCAN_SCRATCH Structure structure(unit.substr(from));
  Structure::Cursor cursor;
  const auto unit_size = static_cast<uint32_t>(unit.size());
  uint32_t next = from + structure.next(cursor);
  for (uint32_t at = from; at < unit_size; ++at) {
    Found found = Found::nothing;
    if (state_ == State::after_less) {
      found = after_less(unit[at], at);
      // A '>' right behind '<' closes the tag as well.
      if (found == Found::nothing && state_ == State::start_tag) --at;
    } else if (state_ == State::bang) {
      found = bang(unit[at]);
    } else {
      while (next < at) next = from + structure.next(cursor);
      if (next >= unit_size) break;
      at = next;
      found = structural(unit, at);
    }
    if (found == Found::nothing) continue;
    size = at + 1;
    verdict = verdict_;
    return found;
  }
  return Found::nothing;
}

Framer::Found Framer::after_less(char c, uint32_t at) {
  switch (c) {
    case '/':
      state_ = State::end_tag;
      end_name_ = at + 1;
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
      if (depth_ >= depth_max_) return fault(Verdict::too_deep);
      if (opened_ == nullptr) opened_ = std::make_unique_for_overwrite<uint32_t[]>(depth_max_);
      opened_[depth_++] = at;
      state_ = State::start_tag;
      return Found::nothing;
  }
}

Framer::Found Framer::bang(char c) {
  if (c != kCdataOpen[matched_]) return fault(Verdict::restricted);
  if (++matched_ == kCdataOpen.size()) state_ = State::cdata;
  return Found::nothing;
}

// Of a start tag nothing but the name has been kept, where it stands.
Framer::Found Framer::end_tag(base::Bytes unit, uint32_t at) {
  state_ = State::content;
  if (depth_ == 0) return Found::end;  // the stream's
  base::Bytes name = unit.substr(end_name_, at - end_name_);
  while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
  const base::Bytes open = unit.substr(opened_[--depth_]);
  CHECK(open.size() > name.size());
  const char behind = open[name.size()];
  const bool whole = behind == '>' || behind == '/' || is_space(behind);
  if (!whole || !open.starts_with(name)) return fault(Verdict::not_well_formed);
  return depth_ == 0 ? Found::end : Found::nothing;
}

Framer::Found Framer::structural(base::Bytes unit, uint32_t at) {
  const char c = unit[at];
  const char before = at >= 1 ? unit[at - 1] : '\0';
  const char before_that = at >= 2 ? unit[at - 2] : '\0';
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
      return c == '>' ? end_tag(unit, at) : fault(Verdict::not_well_formed);
    case State::after_less:
    case State::bang:
      break;
  }
  CHECK(false);
  return Found::fault;
}

}  // namespace xml
