// A fixed header in host order, then the texts: as with packed stanzas, it never leaves the node.
#include "protocols/im/archive/record.h"

#include <cstring>

#include "engine/base/check.h"
#include "protocols/im/packed_length.h"

namespace im {
namespace {

constexpr uint8_t kVersion = 1;

struct Header {
  uint8_t version = kVersion;
  uint8_t kind = 0;
  uint8_t outgoing = 0;
  uint8_t reserved = 0;
  uint32_t tag = 0;
  uint64_t number = 0;
  int64_t when_us = 0;
  uint16_t owner = 0;  // from here on: lengths of the texts, in this order
  uint16_t with = 0;
  uint32_t stanza = 0;
};
static_assert(sizeof(Header) == 32);

}  // namespace

void pack(const ArchiveRecord& record, base::Sink& out) {
  CHECK(!record.owner.empty());
  CHECK(record.kind == ArchiveRecordKind::forget || (record.id && !record.with.empty()));
  Header header;
  header.kind = static_cast<uint8_t>(record.kind);
  header.outgoing = record.outgoing ? 1 : 0;
  header.tag = record.id.tag;
  header.number = record.id.number;
  header.when_us = record.when.us;
  header.owner = packed_length<uint16_t>(record.owner);
  header.with = packed_length<uint16_t>(record.with);
  header.stanza = packed_length<uint32_t>(record.stanza);
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(record.owner).append(record.with).append(record.stanza);
}

bool unpack(base::Bytes in, ArchiveRecord& out) {
  Header header;
  if (in.size() < sizeof header) return false;
  std::memcpy(&header, in.data(), sizeof header);
  in.remove_prefix(sizeof header);
  const bool message = header.kind == static_cast<uint8_t>(ArchiveRecordKind::message);
  const bool forget = header.kind == static_cast<uint8_t>(ArchiveRecordKind::forget);
  if (header.version != kVersion || (!message && !forget) || header.owner == 0 ||
      in.size() != uint64_t{header.owner} + header.with + header.stanza ||
      (message && (header.number == 0 || header.with == 0))) {
    return false;
  }
  out.kind = static_cast<ArchiveRecordKind>(header.kind);
  out.id = {header.number, header.tag};
  out.when = {header.when_us};
  out.outgoing = header.outgoing != 0;
  out.owner = in.substr(0, header.owner);
  out.with = in.substr(header.owner, header.with);
  out.stanza = in.substr(size_t{header.owner} + header.with);
  return true;
}

}  // namespace im
