#include "protocols/sip/transport/flow.h"

#include "engine/base/check.h"
#include "protocols/sip/message/characters.h"

namespace sip {

void send(const Flow& flow, base::Bytes bytes, engine::Outbox& out) {
  CHECK(!bytes.empty());
  if (flow.reliable()) {
    out.send(flow.connection, bytes);
  } else {
    out.send_datagram(flow.listener, flow.remote, bytes);
  }
}

Flow response_flow(const Via& via, const Flow& source) {
  Flow back = source;
  if (source.reliable() || via.has_rport) return back;
  back.remote.port = via.port != 0 ? via.port : kDefaultPort;
  return back;
}

void append_connection_key(const ConnectionKey& key, base::Sink& out) {
  CHECK(key.server_name.empty() || key.transport == Via::Transport::tls);
  out.push_back(static_cast<char>('a' + static_cast<int>(key.transport)));
  base::append_address_and_port(key.remote, out);
  out.push_back(' ');
  for (const char c : key.server_name) out.push_back(lower(c));
}

}  // namespace sip
