#include "protocols/sip/message/message.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/check.h"
#include "engine/base/number.h"
#include "protocols/sip/message/characters.h"
#include "protocols/sip/message/line_ends.h"

namespace sip {
namespace {

constexpr base::Bytes kVersion = "SIP/2.0";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// "SIP/" with any version behind it.
bool names_sip(base::Bytes text) {
  return text.size() >= 4 && equal_ignoring_case(text.substr(0, 4), "SIP/");
}

}  // namespace

// The first one counts.
bool Message::refuse(Fault fault) {
  if (fault_ != Fault::none) return false;
  fault_ = fault;
  count(fault);
  return false;
}

bool Message::index_datagram(base::Bytes in) {
  const Head head = index_head(in, kHeadBytesMax);
  if (head == Head::incomplete) return refuse(Fault::head_incomplete);
  if (head == Head::fault) return false;
  bool there = false;
  uint64_t length = 0;
  if (!content_length(there, length)) return false;
  const uint64_t rest = in.size() - head_size_;
  if (!there) length = rest;
  if (length > rest) return refuse(Fault::body_incomplete);
  body_ = in.substr(head_size_, length);
  total_ = head_size_ + length;
  return true;
}

Message::Found Message::index_stream(base::Bytes in, const Limits& limits) {
  CHECK(limits.head_bytes <= kHeadBytesMax);
  const Head head = index_head(in, limits.head_bytes);
  if (head == Head::incomplete) return Found::incomplete;
  if (head == Head::fault) return Found::fault;
  bool there = false;
  uint64_t length = 0;
  if (!content_length(there, length)) return Found::fault;
  if (!there) {
    refuse(Fault::content_length_missing);
    return Found::fault;
  }
  if (length > limits.body_bytes) {
    refuse(Fault::body_too_large);
    return Found::fault;
  }
  total_ = head_size_ + length;
  if (total_ > in.size()) return Found::incomplete;
  body_ = in.substr(head_size_, length);
  return Found::message;
}

Message::Head Message::index_head(base::Bytes in, uint32_t head_bytes_max) {
  in_ = in;
  body_ = {};
  total_ = present_ = repeated_ = 0;
  head_size_ = count_ = 0;
  method_at_ = uri_at_ = {};
  status_ = 0;
  is_request_ = true;
  method_ = Method::unknown;
  fault_ = Fault::none;

  const auto limit = static_cast<uint32_t>(std::min<size_t>(in.size(), head_bytes_max));
  const char* const data = in.data();
  LineEnds ends(in.substr(0, limit));
  uint32_t from = 0;  // of the line, or of the field's first line
  bool folded = false;
  while (true) {
    const uint32_t end = ends.next();
    if (end == kNoLineEnd) break;
    if (end == 0 || data[end] != '\n' || data[end - 1] != '\r') {
      refuse(Fault::line_end);
      return Head::fault;
    }
    if (from > 0 && end == from + 1) {
      head_size_ = end + 1;
      return fault_ == Fault::none ? Head::ended : Head::fault;
    }
    if (end + 1 >= in.size()) break;  // what comes next says whether the line goes on
    if (is_blank(data[end + 1])) {
      folded = true;
      continue;
    }
    if (from == 0) {
      start_line(end - 1, folded);
    } else if (!add_field(from, end - 1, folded)) {
      return Head::fault;
    }
    from = end + 1;
    folded = false;
  }
  if (in.size() < head_bytes_max) return Head::incomplete;
  refuse(Fault::head_too_large);
  return Head::fault;
}

// A malformed start line is remembered; the fields are still wanted for the answer.
void Message::start_line(uint32_t end, bool folded) {
  if (folded) {
    refuse(Fault::start_line);
  } else if (names_sip(in_.substr(0, end))) {
    status_line(end);
  } else {
    request_line(end);
  }
}

// Method SP Request-URI SP SIP-Version, one space each (§7.1).
bool Message::request_line(uint32_t end) {
  const base::Bytes line = in_.substr(0, end);
  const size_t first = line.find(' ');
  const base::Bytes method = line.substr(0, first);
  if (first == base::Bytes::npos || method.empty() || !all(kToken, method)) {
    return refuse(Fault::start_line);
  }
  method_at_ = {0, static_cast<uint16_t>(first)};
  method_ = find_method(method);
  const size_t second = line.find(' ', first + 1);
  if (second == base::Bytes::npos) return refuse(Fault::start_line);
  const base::Bytes uri = line.substr(first + 1, second - first - 1);
  const base::Bytes version = line.substr(second + 1);
  if (uri.empty()) return refuse(Fault::start_line);
  if (!all(kUri, uri)) return refuse(Fault::request_uri);
  uri_at_ = {static_cast<uint16_t>(first + 1), static_cast<uint16_t>(uri.size())};
  if (equal_ignoring_case(version, kVersion)) return true;
  const bool other = names_sip(version) && version.find(' ') == base::Bytes::npos;
  return refuse(other ? Fault::version : Fault::start_line);
}

// SIP-Version SP Status-Code SP Reason-Phrase; the last may be empty, and its space with it (§7.2).
bool Message::status_line(uint32_t end) {
  const base::Bytes line = in_.substr(0, end);
  is_request_ = false;
  const size_t space = line.find(' ');
  if (space == base::Bytes::npos) return refuse(Fault::start_line);
  if (!equal_ignoring_case(line.substr(0, space), kVersion)) return refuse(Fault::version);
  const size_t code = space + 1;
  const size_t behind = line.find(' ', code);
  const base::Bytes digits =
      line.substr(code, behind == base::Bytes::npos ? behind : behind - code);
  uint16_t status = 0;
  if (digits.size() != 3 || !base::parse_number(digits, status) || status < 100 || status > 699) {
    return refuse(Fault::status_code);
  }
  status_ = status;
  const size_t reason = std::min(code + 4, line.size());
  uri_at_ = {static_cast<uint16_t>(reason), static_cast<uint16_t>(line.size() - reason)};
  return true;
}

// The ':' of the line from `from`, or `end`. Names are short and their lengths hard to foresee, so
// the first 16 bytes are looked at all at once.
uint32_t Message::find_colon(uint32_t from, uint32_t end) const {
  uint32_t at = from;
#if defined(__SSE2__)
  if (in_.size() - from >= 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in_.data() + from));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
    if (found != 0) return std::min(from + static_cast<uint32_t>(__builtin_ctz(found)), end);
    at = std::min(from + 16, end);
  }
#endif
  while (at < end && in_[at] != ':') ++at;
  return at;
}

bool Message::add_field(uint32_t from, uint32_t end, bool folded) {
  const char* const data = in_.data();
  const uint32_t colon = find_colon(from, end);
  if (colon == end) {
    refuse(Fault::header_name);
    return true;
  }
  uint32_t name_end = colon;
  while (name_end > from && is_blank(data[name_end - 1])) --name_end;
  const base::Bytes name(data + from, name_end - from);
  const HeaderId id = find_header_id(name);
  if (id == HeaderId::unknown && (name.empty() || !all(kToken, name))) {
    refuse(Fault::header_name);
    return true;
  }
  if (count_ == kHeaderFieldsMax) return refuse(Fault::too_many_headers);

  uint32_t value = colon + 1;
  while (value < end && is(kSpace, data[value])) ++value;
  while (end > value && is(kSpace, data[end - 1])) --end;

  const auto at = static_cast<uint8_t>(count_++);
  fields_[at] = {static_cast<uint16_t>(from),
                 static_cast<uint16_t>(name.size()),
                 static_cast<uint16_t>(value),
                 static_cast<uint16_t>(end - value),
                 id,
                 folded,
                 kNone};
  const auto slot = static_cast<size_t>(id);
  if (has(id)) {
    repeated_ |= bit_of(id);
    fields_[last_[slot]].next = at;
  } else {
    present_ |= bit_of(id);
    first_[slot] = at;
  }
  last_[slot] = at;
  return true;
}

bool Message::content_length(bool& there, uint64_t& length) {
  for (const HeaderField* field = find(HeaderId::content_length); field != nullptr;
       field = next(*field)) {
    uint64_t value = 0;
    if (!base::parse_u64(this->value(*field), value) || value > UINT32_MAX) {
      return refuse(Fault::content_length);
    }
    if (there && value != length) return refuse(Fault::content_length_differs);
    there = true;
    length = value;
  }
  return true;
}

const HeaderField* Message::find(base::Bytes name) const {
  for (const HeaderField& field : fields()) {
    if (field.id == HeaderId::unknown && equal_ignoring_case(this->name(field), name)) {
      return &field;
    }
  }
  return nullptr;
}

bool Message::can_answer() const {
  return is_request() && method_ != Method::ack && has(HeaderId::via);
}

void unfold(base::Bytes value, base::Sink& out) {
  size_t at = 0;
  while (at < value.size()) {
    const size_t end = std::min(value.find_first_of("\r\n", at), value.size());
    out.append(value.substr(at, end - at));
    if (end == value.size()) return;
    while (!out.empty() && is_blank(out.back())) out.pop_back();
    at = std::min(value.find_first_not_of(" \t\r\n", end), value.size());
    out.push_back(' ');
  }
}

}  // namespace sip
