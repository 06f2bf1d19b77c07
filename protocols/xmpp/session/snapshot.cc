#include "protocols/xmpp/session/snapshot.h"

#include <cstring>

#include "engine/base/check.h"
#include "protocols/xmpp/session/ledger.h"

namespace xmpp {
namespace {

constexpr char kVersion = 1;

template <class T>
void put(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(base::Bytes text, std::string& out) {
  CHECK(text.size() <= UINT32_MAX);
  put(static_cast<uint32_t>(text.size()), out);
  out += text;
}

template <class T>
bool take(base::Bytes& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

bool take_text(base::Bytes& in, std::string& out) {
  uint32_t size = 0;
  if (!take(in, size) || in.size() < size) return false;
  out = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

template <class T>
bool take_whole(base::Bytes in, T& out) {
  return take(in, out) && in.empty();
}

}  // namespace

std::string pack(const SessionSnapshot& snapshot) {
  std::string out;
  out += kVersion;
  out += static_cast<char>(snapshot.interested | snapshot.carbons << 1 | snapshot.blocking << 2);
  put(snapshot.resume_seconds, out);
  put_text(snapshot.id, out);
  put_text(snapshot.full_jid, out);
  put_text(snapshot.presence, out);
  for (const std::string& jid : snapshot.directed) put_text(jid, out);
  return out;
}

bool unpack(base::Bytes in, SessionSnapshot& out) {
  char version = 0;
  uint8_t flags = 0;
  if (!take(in, version) || version != kVersion || !take(in, flags)) return false;
  out.interested = (flags & 1) != 0;
  out.carbons = (flags & 2) != 0;
  out.blocking = (flags & 4) != 0;
  if (!take(in, out.resume_seconds) || !take_text(in, out.id) || !take_text(in, out.full_jid) ||
      !take_text(in, out.presence)) {
    return false;
  }
  out.directed.clear();
  while (!in.empty()) {
    if (!take_text(in, out.directed.emplace_back())) return false;
  }
  return true;
}

std::string pack(const ReceivedNote& note) {
  std::string out;
  put(note, out);
  return out;
}

std::string pack(const SentNote& note) {
  std::string out;
  put(note.entry, out);
  put(note.number, out);
  if (note.waits) put(uint8_t{1}, out);
  return out;
}

bool unpack(base::Bytes in, ReceivedNote& out) { return take_whole(in, out); }

bool unpack(base::Bytes in, SentNote& out) {
  if (!take(in, out.entry) || !take(in, out.number)) return false;
  out.waits = !in.empty();
  uint8_t waits = 0;
  return in.empty() || (take_whole(in, waits) && waits == 1);
}

}  // namespace xmpp
