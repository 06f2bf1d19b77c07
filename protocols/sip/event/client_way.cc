#include "protocols/sip/event/client_way.h"

#include <charconv>
#include <string>

namespace sip {
namespace {

constexpr base::Bytes kByConnection = "connection";

}  // namespace

void pack(const ClientWay& way, base::Sink& out) {
  if (way.flow.reliable() || way.lost()) {
    out.append(kByConnection);
    return;
  }
  out.append(std::to_string(way.flow.remote.port)).append(" ");
  base::append_address(way.flow.remote, out);
}

bool unpack(base::Bytes in, const Options& options, engine::ShardId shard, ClientWay& way) {
  way = {};
  way.shard = shard;
  if (in == kByConnection) return true;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(in.data(), in.data() + in.size(), port);
  const size_t digits = static_cast<size_t>(end - in.data());
  if (error != std::errc() || digits >= in.size() || in[digits] != ' ') return false;
  const base::SocketAddress remote = base::parse_address(in.substr(digits + 1), port);
  if (!remote) return false;
  if (options.find_listener(ListenerKind::udp, way.flow.listener)) way.flow.remote = remote;
  return true;
}

void append_contact(const ClientWay& way, const Options& options, base::Sink& out) {
  const bool tls = way.flow.reliable() && options.is_tls(way.flow.listener);
  out.append("<sip:").append(tls ? options.sent_by_tls : options.sent_by);
  if (way.flow.reliable()) out.append(tls ? ";transport=tls" : ";transport=tcp");
  out.append(">");
}

}  // namespace sip
