#include "protocols/sip/header/essentials.h"

#include "engine/base/check.h"

namespace sip {
namespace {

Fault judge(Read read, Fault missing, Fault malformed) {
  if (read == Read::ok) return Fault::none;
  return read == Read::absent ? missing : malformed;
}

// Fields that may be absent.
Fault judge(Read read, Fault malformed) {
  return read == Read::malformed ? malformed : Fault::none;
}

// word ["@" word] (§25.1).
bool is_call_id(base::Bytes value) {
  if (value.empty() || !all(kWord, value)) return false;
  const size_t at = value.find('@');
  return at == base::Bytes::npos ||
         (at > 0 && at + 1 < value.size() && value.find('@', at + 1) == base::Bytes::npos);
}

Fault read_request_line(const Message& message, Essentials& out) {
  if (!parse_uri(message.request_uri(), out.request_uri)) return Fault::request_uri;
  // §19.1.1: not in a Request-URI; whoever asks for it may not be obeyed (RFC 4475 §3.1.2.11).
  if (!out.request_uri.headers.empty()) return Fault::request_uri_headers;
  return out.cseq.method_name == message.method_name() ? Fault::none : Fault::cseq_method;
}

Fault read_all(const Message& message, Essentials& out) {
  if ((message.repeated() & single_valued_headers()) != 0) return Fault::header_repeated;
  Fault fault = judge(read_top_via(message, out.via, out.via_size), Fault::via_missing, Fault::via);
  if (fault != Fault::none) return fault;
  fault = judge(read_from(message, out.from), Fault::from_missing, Fault::from);
  if (fault != Fault::none) return fault;
  fault = judge(read_to(message, out.to), Fault::to_missing, Fault::to);
  if (fault != Fault::none) return fault;
  if (!message.has(HeaderId::call_id)) return Fault::call_id_missing;
  out.call_id = message.value(HeaderId::call_id);
  if (!is_call_id(out.call_id)) return Fault::call_id;
  fault = judge(read_cseq(message, out.cseq), Fault::cseq_missing, Fault::cseq);
  if (fault != Fault::none) return fault;
  Read read = read_max_forwards(message, out.max_forwards);
  out.has_max_forwards = read == Read::ok;
  if (read == Read::absent) out.max_forwards = 70;
  fault = judge(read, Fault::max_forwards);
  if (fault != Fault::none) return fault;
  read = read_expires(message, out.expires);
  out.has_expires = read == Read::ok;
  fault = judge(read, Fault::expires);
  if (fault != Fault::none) return fault;
  return message.is_request() ? read_request_line(message, out) : Fault::none;
}

}  // namespace

bool read_essentials(const Message& message, Essentials& out, Fault& fault) {
  CHECK(message.fault() == Fault::none);
  fault = read_all(message, out);
  count(fault);
  return fault == Fault::none;
}

}  // namespace sip
