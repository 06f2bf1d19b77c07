#include "protocols/sip/event/packed_dialog.h"

#include <cstring>

#include "protocols/im/packed_length.h"

namespace sip {
namespace {

constexpr base::Bytes kTag = ";tag=";

void append(base::Bytes text, base::Sink& out) {
  const auto length = im::packed_length<uint16_t>(text);
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(text);
}

bool take(base::Bytes& in, std::string& out) {
  uint16_t length = 0;
  if (in.size() < sizeof length) return false;
  std::memcpy(&length, in.data(), sizeof length);
  in.remove_prefix(sizeof length);
  if (in.size() < length) return false;
  out.assign(in.substr(0, length));
  in.remove_prefix(length);
  return true;
}

}  // namespace

// A tag has no semicolon, a URI ends before it.
base::Bytes tag_of(base::Bytes party) {
  const size_t end = party.rfind('>');
  if (end == base::Bytes::npos) return {};
  base::Bytes rest = party.substr(end + 1);
  return rest.size() > kTag.size() ? rest.substr(kTag.size()) : base::Bytes();
}

void pack_dialog(const Dialog& dialog, base::Sink& out) {
  append(dialog.call_id, out);
  append(dialog.local, out);
  append(dialog.remote, out);
  append(dialog.remote_target, out);
  out.append(dialog.routes);
}

bool unpack_dialog(base::Bytes in, Dialog& out) {
  if (!take(in, out.call_id) || !take(in, out.local) || !take(in, out.remote) ||
      !take(in, out.remote_target)) {
    return false;
  }
  out.routes.assign(in);
  out.local_tag.assign(tag_of(out.local));
  out.remote_tag.assign(tag_of(out.remote));
  return true;
}

}  // namespace sip
