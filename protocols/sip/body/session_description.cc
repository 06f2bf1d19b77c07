#include "protocols/sip/body/session_description.h"

#include <algorithm>
#include <string>

#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

using base::Bytes;

constexpr Bytes kAccepted = "a=accept-types:text/plain application/im-iscomposing+xml\r\n";

Bytes take_until(char end, Bytes& in) {
  const size_t at = in.find(end);
  const Bytes part = in.substr(0, at);
  in.remove_prefix(at == Bytes::npos ? in.size() : at + 1);
  return part;
}

Bytes take_line(Bytes& in) {
  const Bytes line = take_until('\n', in);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// "message 5060 sip null".
bool read_media(Bytes line, Media& out) {
  out.kind = take_until(' ', line);
  const Bytes port = take_until(' ', line);
  out.transport = take_until(' ', line);
  out.formats = line;
  const Bytes number = port.substr(0, port.find('/'));
  out.refused = number == "0";
  return !number.empty() && all(kDigit, number) && all(kToken, out.kind) && !out.kind.empty() &&
         !out.transport.empty() && !out.formats.empty();
}

struct HostPort {
  Bytes host;
  Bytes port;
};

HostPort split(Bytes sent_by) {
  const size_t colon = sent_by.rfind(':');
  if (colon == Bytes::npos || sent_by.ends_with(']')) return {sent_by, "5060"};
  return {sent_by.substr(0, colon), sent_by.substr(colon + 1)};
}

void write_head(Bytes host, uint64_t version, base::Sink& out) {
  const bool ipv6 = host.starts_with('[');
  const Bytes bare = ipv6 ? host.substr(1, host.size() - 2) : host;
  std::string where(ipv6 ? "IN IP6 " : "IN IP4 ");
  where.append(bare);
  const std::string number = std::to_string(version);
  out.append("v=0\r\no=- ").append(number).append(" ").append(number).append(" ").append(where);
  out.append("\r\ns=session\r\nc=").append(where).append("\r\nt=0 0\r\n");
}

void write_messages(Bytes kind, Bytes port, base::Sink& out) {
  out.append("m=").append(kind).append(" ").append(port).append(" sip null\r\n");
  out.append(kAccepted);
}

}  // namespace

bool Media::is_messages() const {
  const bool named =
      equal_ignoring_case(kind, "message") || equal_ignoring_case(kind, "x-ms-message");
  return named && equal_ignoring_case(transport, "sip") && !refused;
}

bool read_session_offer(Bytes body, SessionOffer& out) {
  out = {};
  if (body.size() > kSdpBytesMax || take_line(body) != "v=0") return false;
  while (!body.empty()) {
    const Bytes line = take_line(body);
    if (!line.starts_with("m=")) continue;
    if (out.count == kMediaMax || !read_media(line.substr(2), out.media[out.count])) return false;
    ++out.count;
  }
  const auto end = out.media.begin() + static_cast<ptrdiff_t>(out.count);
  const auto found =
      std::find_if(out.media.begin(), end, [](const Media& one) { return one.is_messages(); });
  out.messages = static_cast<size_t>(found - out.media.begin());
  return found != end;
}

void write_session_answer(const SessionOffer& offer, Bytes sent_by, uint64_t version,
                          base::Sink& out) {
  const HostPort ours = split(sent_by);
  write_head(ours.host, version, out);
  for (size_t i = 0; i < offer.count; ++i) {
    const Media& one = offer.media[i];
    if (i == offer.messages) {
      write_messages(one.kind, ours.port, out);
    } else {
      out.append("m=").append(one.kind).append(" 0 ").append(one.transport);
      out.append(" ").append(one.formats).append("\r\n");
    }
  }
}

void write_session_offer(Bytes sent_by, uint64_t version, base::Sink& out) {
  const HostPort ours = split(sent_by);
  write_head(ours.host, version, out);
  write_messages("message", ours.port, out);
}

}  // namespace sip
