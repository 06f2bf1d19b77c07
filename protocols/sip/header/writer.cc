#include "protocols/sip/header/writer.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "engine/base/check.h"
#include "protocols/sip/header/address.h"
#include "protocols/sip/header/number.h"
#include "protocols/sip/header/via.h"

namespace sip {
namespace {

using base::Bytes;

struct Status {
  uint16_t code;
  Bytes reason;
};

constexpr Status kStatuses[] = {
#define STATUS(code, reason) {code, reason},
#include "protocols/sip/message/statuses.def"
#undef STATUS
};

// Of codes that have no phrase here (§8.1.3.2: they mean x00 of their class).
constexpr Bytes kClassReasons[] = {"Trying",         "OK",           "Redirected",
                                   "Request Failed", "Server Error", "Global Failure"};

// Is the host of a Via the address that the request came from?
bool names_source(const Via& via, const base::SocketAddress& source) {
  const base::SocketAddress host = base::parse_address(via.host, source.port);
  return host && host.family == source.family && host.octets == source.octets;
}

}  // namespace

Bytes reason_phrase(uint16_t status) {
  CHECK(status >= 100 && status <= 699);
  const Status* const found =
      std::lower_bound(std::begin(kStatuses), std::end(kStatuses), status,
                       [](const Status& one, uint16_t code) { return one.code < code; });
  if (found != std::end(kStatuses) && found->code == status) return found->reason;
  return kClassReasons[status / 100 - 1];
}

void Writer::name(HeaderId id) { out_.append(wire_name(id)).append(": "); }

void Writer::append_number(uint64_t value) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  CHECK(error == std::errc{});
  out_.append(digits, static_cast<size_t>(end - digits));
}

void Writer::append_value(Bytes value) {
  const size_t from = out_.size();
  out_.append(value);
  uint8_t broken = 0;  // looked for without a branch a byte
  for (const char c : value) broken |= static_cast<uint8_t>((c == '\r') | (c == '\n'));
  if (broken == 0) return;
  std::replace_if(
      out_.begin() + static_cast<ptrdiff_t>(from), out_.end(),
      [](char c) { return c == '\r' || c == '\n'; }, ' ');
}

void Writer::field(HeaderId id, Bytes value) {
  CHECK(id != HeaderId::unknown);
  name(id);
  append_value(value);
  line_end();
}

void Writer::field(Bytes name, Bytes value) {
  CHECK(!name.empty());
  append_value(name);
  out_.append(": ");
  append_value(value);
  line_end();
}

void Writer::number(HeaderId id, uint64_t value) {
  name(id);
  append_number(value);
  line_end();
}

// Values of an indexed message end every line inside with a fold, so they can be copied as they
// are.
void Writer::copy(const Message& from, HeaderId id) {
  for (const HeaderField* field = from.find(id); field != nullptr; field = from.next(*field)) {
    name(id);
    out_.append(from.value(*field));
    line_end();
  }
}

void Writer::copy_first(const Message& from, HeaderId id) {
  if (!from.has(id)) return;
  name(id);
  out_.append(from.value(id));
  line_end();
}

// All of them as they came, but in the topmost it is written where the request came from: an
// address there from before is anybody's word, and goes (§18.2.1).
void Writer::via_lines(const Message& request, const base::SocketAddress& source) {
  Via via;
  uint32_t size = 0;
  const bool known = source && read_top_via(request, via, size) == Read::ok;
  const bool as_it_is =
      !known || (!via.has_rport && via.received.empty() && names_source(via, source));
  if (as_it_is) return copy(request, HeaderId::via);
  const HeaderField* const first = request.find(HeaderId::via);
  const Bytes value = request.value(*first);
  name(HeaderId::via);
  out_.append(value.data(), via.parameters.data());
  Reader reader(via.parameters);
  Parameter parameter;
  const char* from = reader.place();
  while (reader.next_parameter(parameter) == Step::one) {
    const Bytes text = reader.since(from);
    from = reader.place();
    if (!parameter.is("received") && !parameter.is("rport")) out_.append(text);
  }
  out_.append(";received=");
  base::append_address(source, out_);
  if (via.has_rport) {
    out_.append(";rport=");
    append_number(source.port);
  }
  out_.append(value.substr(size));
  line_end();
  for (const HeaderField* next = request.next(*first); next != nullptr;
       next = request.next(*next)) {
    name(HeaderId::via);
    out_.append(request.value(*next));
    line_end();
  }
}

void Writer::to_line(const Message& request, const Response& how) {
  if (!request.has(HeaderId::to)) return;
  name(HeaderId::to);
  out_.append(request.value(HeaderId::to));
  Address to;
  const bool untagged = read_to(request, to) == Read::ok && to.tag.empty();
  if (untagged && how.status != 100 && !how.to_tag.empty()) out_.append(";tag=").append(how.to_tag);
  line_end();
}

void Writer::begin_response(const Message& request, const Response& how) {
  CHECK(request.can_answer());
  out_.append("SIP/2.0 ");
  append_number(how.status);
  out_.push_back(' ');
  append_value(how.reason.empty() ? reason_phrase(how.status) : how.reason);
  line_end();
  via_lines(request, how.source);
  if (how.record_route) copy(request, HeaderId::record_route);
  copy_first(request, HeaderId::from);
  to_line(request, how);
  copy_first(request, HeaderId::call_id);
  copy_first(request, HeaderId::cseq);
  // §8.2.6.1.
  const HeaderField* const timestamp = how.status == 100 ? request.find("Timestamp") : nullptr;
  if (timestamp != nullptr) field("Timestamp", request.value(*timestamp));
}

void Writer::begin_request(const Request& how) {
  CHECK(!how.method.empty() && !how.uri.empty() && how.cseq <= kCSeqMax);
  append_value(how.method);
  out_.push_back(' ');
  append_value(how.uri);
  out_.append(" SIP/2.0\r\nVia: SIP/2.0/");
  out_.append(how.transport).append(" ").append(how.sent_by);
  out_.append(";rport;branch=").append(how.branch).append("\r\n");
  number(HeaderId::max_forwards, how.max_forwards);
  if (!how.route.empty()) field(HeaderId::route, how.route);
  field(HeaderId::from, how.from);
  field(HeaderId::to, how.to);
  field(HeaderId::call_id, how.call_id);
  name(HeaderId::cseq);
  append_number(how.cseq);
  out_.push_back(' ');
  append_value(how.method);
  line_end();
}

void Writer::begin_for(const Message& request, Method method, Bytes to) {
  CHECK(request.is_request() && (method == Method::ack || method == Method::cancel));
  CSeq cseq;
  const Read read = read_cseq(request, cseq);
  CHECK(read == Read::ok);  // we have written it
  out_.append(wire_name(method)).append(" ").append(request.request_uri());
  out_.append(" SIP/2.0\r\n");
  copy_first(request, HeaderId::via);
  number(HeaderId::max_forwards, 70);
  copy(request, HeaderId::route);
  copy_first(request, HeaderId::from);
  field(HeaderId::to, to.empty() ? request.value(HeaderId::to) : to);
  copy_first(request, HeaderId::call_id);
  name(HeaderId::cseq);
  append_number(cseq.number);
  out_.append(" ").append(wire_name(method));
  line_end();
}

void Writer::end_head(uint64_t body_size) {
  number(HeaderId::content_length, body_size);
  line_end();
}

void Writer::end(Bytes content_type, Bytes body) {
  field(HeaderId::content_type, content_type);
  end_head(body.size());
  out_.append(body);
}

}  // namespace sip
