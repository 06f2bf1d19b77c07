// One SIP message as an index into its bytes: start line and up to 64 {name, value, id}, found in
// one pass without allocating. Nothing is copied or changed and nothing inside a value is looked
// at; protocols/sip/header/ does that when somebody asks. The bytes must outlive the index.
// 850 bytes; belongs to one shard, which uses one again and again. Limits: limits.h.
// Errors: a Fault (faults.def), already counted. RFC 3261 §7, §18.3.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/base/bytes.h"
#include "protocols/sip/message/fault.h"
#include "protocols/sip/message/header_id.h"
#include "protocols/sip/message/limits.h"
#include "protocols/sip/message/method.h"

namespace sip {

struct HeaderField {
  uint16_t name;
  uint16_t name_size;
  uint16_t value;  // without the white space around it
  uint16_t value_size;
  HeaderId id;
  bool folded;   // has line ends inside: unfold() makes one line of it
  uint8_t next;  // the next one with this id
};

class Message {
 public:
  enum class Found : uint8_t { message, incomplete, fault };

  // The whole of a datagram. What is behind the body as Content-Length gives it is noise, a body
  // shorter than that is a fault, and without the field the body is all there is (§18.3). False:
  // fault() says why, and what was indexed before can be read (can_answer()).
  [[nodiscard]] bool index_datagram(base::Bytes in);

  // The front of a stream's bytes. `incomplete`: there is no end of the head yet, or less body than
  // Content-Length gives: total_bytes() is then known. Only the head's own size is limited here.
  [[nodiscard]] Found index_stream(base::Bytes in, const Limits& limits);

  Fault fault() const { return fault_; }
  // Of the message that was found; or that it will have, when only the body is incomplete; or 0.
  uint64_t total_bytes() const { return total_; }

  bool is_request() const { return is_request_; }
  Method method() const { return method_; }  // of a request
  base::Bytes method_name() const { return view(method_at_); }
  base::Bytes request_uri() const { return view(uri_at_); }
  uint16_t status() const { return status_; }  // of a response, 100 to 699
  base::Bytes reason() const { return view(uri_at_); }

  base::Bytes bytes() const { return in_; }
  base::Bytes head() const { return in_.substr(0, head_size_); }  // with the empty line
  base::Bytes body() const { return body_; }

  // In the order they came in.
  std::span<const HeaderField> fields() const { return {fields_.data(), count_}; }
  bool has(HeaderId id) const { return (present_ & bit_of(id)) != 0; }
  uint64_t present() const { return present_; }    // bit_of() each
  uint64_t repeated() const { return repeated_; }  // those with more than one line
  // The first with this id; null: none. The one after that: next().
  const HeaderField* find(HeaderId id) const {
    return has(id) ? &fields_[first_[static_cast<size_t>(id)]] : nullptr;
  }
  const HeaderField* next(const HeaderField& field) const {
    return field.next == kNone ? nullptr : &fields_[field.next];
  }
  // A field without a number, by its name.
  const HeaderField* find(base::Bytes name) const;
  base::Bytes name(const HeaderField& field) const { return view({field.name, field.name_size}); }
  base::Bytes value(const HeaderField& field) const {
    return view({field.value, field.value_size});
  }
  // Of the first with this id; empty: none, or an empty one.
  base::Bytes value(HeaderId id) const {
    const HeaderField* field = find(id);
    return field == nullptr ? base::Bytes() : value(*field);
  }

  // A refused request is answered where there is a way back, a Via, with what it has of the fields
  // that a response repeats (RFC 4475 §3.3.1, §3.3.8); never an ACK (RFC 3261 §17.2.1).
  bool can_answer() const;

 private:
  static constexpr uint8_t kNone = UINT8_MAX;
  static_assert(kHeaderFieldsMax < kNone);
  struct Span {
    uint16_t at = 0;
    uint16_t size = 0;
  };

  enum class Head : uint8_t { ended, incomplete, fault };
  Head index_head(base::Bytes in, uint32_t head_bytes_max);
  void start_line(uint32_t end, bool folded);
  bool request_line(uint32_t end);
  bool status_line(uint32_t end);
  bool add_field(uint32_t from, uint32_t end, bool folded);  // false: no more of them
  uint32_t find_colon(uint32_t from, uint32_t end) const;
  // The length that the fields give; `there`: there is one.
  bool content_length(bool& there, uint64_t& length);
  bool refuse(Fault fault);
  base::Bytes view(Span span) const { return {in_.data() + span.at, span.size}; }

  base::Bytes in_;
  base::Bytes body_;
  uint64_t total_ = 0;
  uint64_t present_ = 0;
  uint64_t repeated_ = 0;
  uint32_t head_size_ = 0;
  uint32_t count_ = 0;
  Span method_at_;
  Span uri_at_;  // or the reason phrase
  uint16_t status_ = 0;
  bool is_request_ = true;
  Method method_ = Method::unknown;
  Fault fault_ = Fault::none;
  // Valid where present_ says so; neither is cleared between messages.
  std::array<uint8_t, 64> first_;
  std::array<uint8_t, 64> last_;
  std::array<HeaderField, kHeaderFieldsMax> fields_;
};

// A folded value on one line: each fold becomes one space (§7.3.1).
void unfold(base::Bytes value, base::Sink& out);

}  // namespace sip
