#include "protocols/sip/event/subscription_texts.h"

#include <cstdint>

#include "engine/base/check.h"
#include "protocols/sip/event/packed_dialog.h"

namespace sip {
namespace {

// Flags, the first byte.
constexpr uint8_t kUsualLocal = 1;   // "<sip:…>;tag=" and our tag: what is between
constexpr uint8_t kUsualRemote = 2;  // "<sip:", the identity, ">;tag=…": the tag
constexpr uint8_t kUsualTarget = 4;  // "sip:…": what follows
constexpr uint8_t kSameUser = 8;     // …, and of that what is behind the identity's name and '@'
constexpr int kTransportShift = 4;   // …, but for this end, one of kTransports from 1; 0: none
constexpr uint8_t kTransportMask = 3;
constexpr base::Bytes kTransports[] = {";transport=tcp", ";transport=udp", ";transport=tls"};

constexpr base::Bytes kOpen = "<sip:";
constexpr base::Bytes kTag = ">;tag=";
constexpr base::Bytes kSipScheme = "sip:";

// Seven bits a byte, the lowest first.
void append(base::Bytes text, base::Sink& out) {
  size_t length = text.size();
  for (; length > 0x7f; length >>= 7) out.push_back(static_cast<char>(length | 0x80));
  out.push_back(static_cast<char>(length));
  out.append(text);
}

base::Bytes take(base::Bytes& in) {
  size_t length = 0;
  for (int shift = 0;; shift += 7) {
    CHECK(!in.empty());
    const auto digit = static_cast<unsigned char>(in[0]);
    in.remove_prefix(1);
    length |= size_t{digit & 0x7fu} << shift;
    if (digit < 0x80) break;
  }
  CHECK(length <= in.size());
  const base::Bytes text = in.substr(0, length);
  in.remove_prefix(length);
  return text;
}

// Takes `front` off the front and `back` off the end, if both are there.
bool strip(base::Bytes& text, base::Bytes front, base::Bytes back) {
  if (text.size() < front.size() + back.size() || !text.starts_with(front) ||
      !text.ends_with(back)) {
    return false;
  }
  text = text.substr(front.size(), text.size() - front.size() - back.size());
  return true;
}

// "bob@" of the identity bob@sip.example.
base::Bytes user_of(base::Bytes identity) { return identity.substr(0, identity.find('@') + 1); }

// Takes what is usual off a target behind its scheme, and tells what.
uint8_t strip_target(base::Bytes identity, base::Bytes& target) {
  uint8_t usual = kUsualTarget;
  const base::Bytes user = user_of(identity);
  if (!user.empty() && strip(target, user, {})) usual |= kSameUser;
  for (int i = 0; i < 3; ++i) {
    if (strip(target, {}, kTransports[i])) {
      return usual | static_cast<uint8_t>((i + 1) << kTransportShift);
    }
  }
  return usual;
}

void append_target(uint8_t usual, base::Bytes identity, base::Bytes rest, base::Sink& out) {
  if (usual & kUsualTarget) out.append(kSipScheme);
  if (usual & kSameUser) out.append(user_of(identity));
  out.append(rest);
  const int transport = usual >> kTransportShift & kTransportMask;
  if (transport > 0) out.append(kTransports[transport - 1]);
}

}  // namespace

void pack_texts(const Dialog& dialog, base::Bytes identity, base::Bytes event_id, base::Sink& out) {
  std::string tail(kTag);
  tail.append(dialog.local_tag);
  std::string head(kOpen);
  head.append(identity).append(kTag);
  base::Bytes local = dialog.local;
  base::Bytes remote = dialog.remote;
  base::Bytes target = dialog.remote_target;
  uint8_t usual = 0;
  if (strip(local, kOpen, tail)) usual |= kUsualLocal;
  if (strip(remote, head, {})) usual |= kUsualRemote;
  if (strip(target, kSipScheme, {})) usual |= strip_target(identity, target);
  out.push_back(static_cast<char>(usual));
  append(identity, out);
  append(event_id, out);
  append(dialog.call_id, out);
  append(local, out);
  append(remote, out);
  append(target, out);
  out.append(dialog.routes);
}

base::Bytes identity_of(base::Bytes block) {
  CHECK(!block.empty());
  block.remove_prefix(1);
  return take(block);
}

base::Bytes event_id_of(base::Bytes block) {
  CHECK(!block.empty());
  block.remove_prefix(1);
  take(block);
  return take(block);
}

void read_dialog(base::Bytes block, base::Bytes local_tag, Dialog& out) {
  CHECK(!block.empty());
  const auto usual = static_cast<uint8_t>(block[0]);
  block.remove_prefix(1);
  const base::Bytes identity = take(block);
  take(block);
  out.call_id.assign(take(block));
  const base::Bytes local = take(block);
  const base::Bytes remote = take(block);
  const base::Bytes target = take(block);
  out.local_tag.assign(local_tag);
  out.local.assign(usual & kUsualLocal ? kOpen : base::Bytes()).append(local);
  if (usual & kUsualLocal) out.local.append(kTag).append(local_tag);
  out.remote.clear();
  if (usual & kUsualRemote) out.remote.append(kOpen).append(identity).append(kTag);
  out.remote.append(remote);
  out.remote_tag.assign(usual & kUsualRemote ? remote : tag_of(out.remote));
  out.remote_target.clear();
  append_target(usual, identity, target, out.remote_target);
  out.routes.assign(block);
}

}  // namespace sip
