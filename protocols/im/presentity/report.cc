// The packed form: fixed parts in host order, texts with their length before them. It never leaves
// the node; the version tells a later form apart.
#include "protocols/im/presentity/report.h"

#include <cstring>

#include "engine/base/check.h"
#include "protocols/im/packed_length.h"

namespace im {
namespace {

constexpr uint8_t kVersion = 1;

struct Header {
  uint8_t version = kVersion;
  uint8_t kind = 0;
  uint8_t line = 0;
  uint8_t idle = 0;
  uint8_t has_show = 0;
  uint8_t show = 0;
  uint16_t tuples = 0;
  uint32_t activities = 0;
  uint32_t name = 0;  // from here on: lengths
  uint32_t note = 0;
  uint32_t lang = 0;
  uint32_t extension = 0;
  uint32_t reserved = 0;
  int64_t since = 0;
};
static_assert(sizeof(Header) == 40);

struct TupleHeader {
  uint32_t activities = 0;
  uint16_t priority = 0;
  uint16_t capabilities = 0;
  uint32_t id = 0;
  uint32_t contact = 0;
  uint32_t note = 0;
  uint32_t basic = 0;
};
static_assert(sizeof(TupleHeader) == 24);

template <class T>
void put(const T& value, base::Sink& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool take(base::Bytes& in, T& out) {
  if (in.size() < sizeof out) return false;
  std::memcpy(&out, in.data(), sizeof out);
  in.remove_prefix(sizeof out);
  return true;
}

bool take(base::Bytes& in, uint32_t length, base::Bytes& out) {
  if (in.size() < length) return false;
  out = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

bool read(const Header& header, base::Bytes& in, Report& out) {
  if (header.version != kVersion || header.kind > static_cast<uint8_t>(SourceKind::calendar) ||
      header.line > static_cast<uint8_t>(LineState::on_hold) ||
      header.show > static_cast<uint8_t>(Availability::do_not_disturb)) {
    return false;
  }
  out.kind = static_cast<SourceKind>(header.kind);
  out.line = static_cast<LineState>(header.line);
  out.idle = header.idle != 0;
  out.has_show = header.has_show != 0;
  out.show = static_cast<Availability>(header.show);
  out.activities.bits = header.activities;
  out.since.us = header.since;
  return take(in, header.name, out.name) && take(in, header.note, out.note) &&
         take(in, header.lang, out.lang) && take(in, header.extension, out.extension);
}

bool read(base::Bytes& in, ReportTuple& out) {
  TupleHeader header;
  if (!take(in, header) || header.basic > static_cast<uint32_t>(Basic::closed)) return false;
  out.activities.bits = header.activities;
  out.priority = header.priority;
  out.capabilities = header.capabilities;
  out.basic = static_cast<Basic>(header.basic);
  return take(in, header.id, out.id) && take(in, header.contact, out.contact) &&
         take(in, header.note, out.note);
}

}  // namespace

void pack(const Report& report, base::Sink& out) {
  Header header;
  header.kind = static_cast<uint8_t>(report.kind);
  header.line = static_cast<uint8_t>(report.line);
  header.idle = report.idle ? 1 : 0;
  header.has_show = report.has_show ? 1 : 0;
  header.show = static_cast<uint8_t>(report.show);
  CHECK(report.tuples.size() <= UINT16_MAX);
  header.tuples = static_cast<uint16_t>(report.tuples.size());
  header.activities = report.activities.bits;
  header.name = packed_length<uint32_t>(report.name);
  header.note = packed_length<uint32_t>(report.note);
  header.lang = packed_length<uint32_t>(report.lang);
  header.extension = packed_length<uint32_t>(report.extension);
  header.since = report.since.us;
  put(header, out);
  out.append(report.name).append(report.note).append(report.lang).append(report.extension);
  for (const ReportTuple& tuple : report.tuples) {
    TupleHeader part;
    part.activities = tuple.activities.bits;
    part.priority = tuple.priority;
    part.capabilities = tuple.capabilities;
    part.id = packed_length<uint32_t>(tuple.id);
    part.contact = packed_length<uint32_t>(tuple.contact);
    part.note = packed_length<uint32_t>(tuple.note);
    part.basic = static_cast<uint32_t>(tuple.basic);
    put(part, out);
    out.append(tuple.id).append(tuple.contact).append(tuple.note);
  }
}

bool unpack(base::Bytes in, Report& out) {
  Header header;
  out.tuples.clear();
  if (!take(in, header) || !read(header, in, out)) return false;
  // A number that is not true must not make us hold more than its bytes can stand for.
  if (header.tuples > in.size() / sizeof(TupleHeader)) return false;
  out.tuples.resize(header.tuples);
  for (ReportTuple& tuple : out.tuples) {
    if (!read(in, tuple)) return false;
  }
  return in.empty();
}

}  // namespace im
