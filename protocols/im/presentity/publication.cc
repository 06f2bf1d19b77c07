#include "protocols/im/presentity/publication.h"

#include <cstring>

#include "protocols/im/journal_entry.h"
#include "protocols/im/packed_length.h"

namespace im {
namespace {

constexpr uint8_t kNoteVersion = 1;
constexpr size_t kNoteSize = 1 + sizeof(uint32_t) + sizeof(int64_t);

}  // namespace

engine::JournalKey publication_key(uint64_t id) {
  CHECK(id != 0);
  return {static_cast<uint8_t>(EntryKind::publication), id};
}

void pack_entry(base::Bytes account, base::Bytes report, base::Sink& out) {
  const auto length = packed_length<uint16_t>(account);
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(account).append(report);
}

bool unpack_entry(base::Bytes in, base::Bytes& account, base::Bytes& report) {
  uint16_t length = 0;
  if (in.size() < sizeof length) return false;
  std::memcpy(&length, in.data(), sizeof length);
  in.remove_prefix(sizeof length);
  if (length == 0 || in.size() < length) return false;
  account = in.substr(0, length);
  report = in.substr(length);
  return true;
}

void pack(const PublicationNote& note, base::Sink& out) {
  static_assert(kNoteSize <= engine::Journal::kNoteBytesMax);
  out += static_cast<char>(kNoteVersion);
  out.append(reinterpret_cast<const char*>(&note.version), sizeof note.version);
  out.append(reinterpret_cast<const char*>(&note.expires.us), sizeof note.expires.us);
}

bool unpack(base::Bytes in, PublicationNote& out) {
  if (in.size() != kNoteSize || in.front() != kNoteVersion) return false;
  std::memcpy(&out.version, in.data() + 1, sizeof out.version);
  std::memcpy(&out.expires.us, in.data() + 1 + sizeof out.version, sizeof out.expires.us);
  return true;
}

}  // namespace im
