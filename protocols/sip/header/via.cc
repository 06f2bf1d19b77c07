#include "protocols/sip/header/via.h"

#include "engine/base/number.h"

namespace sip {
namespace {

using base::Bytes;

Via::Transport find_transport(Bytes name) {
  using Transport = Via::Transport;
  if (equal_ignoring_case(name, "UDP")) return Transport::udp;
  if (equal_ignoring_case(name, "TCP")) return Transport::tcp;
  if (equal_ignoring_case(name, "TLS")) return Transport::tls;
  if (equal_ignoring_case(name, "WS")) return Transport::ws;
  return equal_ignoring_case(name, "WSS") ? Transport::wss : Transport::other;
}

// "SIP" SLASH "2.0" SLASH transport, with white space around the slashes.
bool sent_protocol(Reader& reader, Via& out) {
  if (!equal_ignoring_case(reader.token(), "SIP") || !reader.take('/')) return false;
  if (reader.token() != "2.0" || !reader.take('/')) return false;
  out.transport_name = reader.token();
  out.transport = find_transport(out.transport_name);
  return !out.transport_name.empty();
}

// host [COLON port]
bool sent_by(Reader& reader, Via& out) {
  const char* const from = reader.place();
  if (reader.at('[')) {
    Bytes inside;
    reader.skip_one();
    if (!reader.take_until(']', inside) || inside.find(':') == Bytes::npos) return false;
    for (const char c : inside) {
      if (!is(kHexDigit, c) && c != ':' && c != '.') return false;
    }
    out.host = reader.since(from);
  } else {
    out.host = reader.run(kHost);
  }
  if (out.host.empty()) return false;
  if (!reader.take(':')) return true;
  return base::parse_number(reader.run(kDigit), out.port) && out.port != 0;
}

bool keep(const Parameter& parameter, Via& out) {
  switch (parameter.name.size()) {
    case 5:
      if (parameter.is("rport")) {
        out.has_rport = true;
        return !parameter.has_value || base::parse_number(parameter.value, out.rport);
      }
      if (parameter.is("maddr")) out.maddr = parameter.value;
      return true;
    case 6:
      if (parameter.is("branch")) {
        out.branch = parameter.value;
        return parameter.has_value && !parameter.quoted;
      }
      return true;
    case 8:
      if (parameter.is("received")) out.received = parameter.value;
      return true;
    default:
      return true;
  }
}

bool read_one(Reader& reader, Via& out) {
  out = Via();
  reader.skip_space();
  if (!sent_protocol(reader, out)) return false;
  const char* const behind = reader.place();
  reader.skip_space();
  if (reader.place() == behind || !sent_by(reader, out)) return false;
  const char* const from = reader.place();
  Parameter parameter;
  Step step;
  while ((step = reader.next_parameter(parameter)) == Step::one) {
    if (!keep(parameter, out)) return false;
  }
  out.parameters = reader.since(from);
  return step == Step::none;
}

}  // namespace

bool parse_via(Bytes element, Via& out) {
  Reader reader(element);
  if (!read_one(reader, out)) return false;
  reader.skip_space();
  return reader.done();
}

Read read_top_via(const Message& message, Via& out, uint32_t& size) {
  const HeaderField* field = message.find(HeaderId::via);
  if (field == nullptr) return Read::absent;
  const Bytes value = message.value(*field);
  Reader reader(value);
  if (!read_one(reader, out)) return Read::malformed;
  size = static_cast<uint32_t>(reader.place() - value.data());
  reader.skip_space();
  return reader.done() || reader.at(',') ? Read::ok : Read::malformed;
}

}  // namespace sip
