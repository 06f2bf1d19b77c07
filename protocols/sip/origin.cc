#include "protocols/sip/origin.h"

#include <algorithm>
#include <string>

#include "engine/base/number.h"

namespace sip {
namespace {

base::Bytes take_word(base::Bytes& text) {
  const base::Bytes word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

// False: nothing that we have written.
bool read_origin(base::Bytes text, const Flow& way, Flow& out) {
  const base::Bytes transport = take_word(text);
  const base::Bytes address = take_word(text);
  uint16_t port = 0;
  if (!base::parse_number(take_word(text), port) || !base::parse_number(text, out.peer)) {
    return false;
  }
  out.remote = base::parse_address(address, port);
  if (transport == "tcp") out.connection = way.connection;
  return out.remote && (transport == "tcp" || transport == "udp");
}

}  // namespace

void write_origin(const Flow& source, base::Sink& out) {
  out.append(source.reliable() ? "tcp " : "udp ");
  base::append_address(source.remote, out);
  out.append(" ").append(std::to_string(source.remote.port));
  out.append(" ").append(std::to_string(source.peer));
}

Flow origin_of(const Received& request, const std::vector<TrunkPeer>& peers) {
  if (!speaks_from_a_node(peers, request.source)) return request.source;
  const HeaderField* const field = request.message.find(kOriginField);
  if (field == nullptr) return request.source;
  Flow origin;
  if (!read_origin(request.message.value(*field), request.source, origin)) return {};
  return origin;
}

}  // namespace sip
