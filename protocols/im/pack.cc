// The packed form of a stanza: a fixed header in host order, then the texts one after another.
// It never leaves the node, and the store keeps it only for this node, so host order will do; the
// version makes a later form tell itself apart.
#include <cstring>

#include "engine/base/check.h"
#include "protocols/im/packed_length.h"
#include "protocols/im/stanza.h"

namespace im {
namespace {

constexpr uint8_t kVersion = 2;

struct Header {
  uint8_t version = kVersion;
  uint8_t kind = 0;
  uint8_t type = 0;
  uint8_t reserved = 0;
  uint16_t facts = 0;
  int16_t priority = 0;
  uint16_t from = 0;  // from here on: lengths of the texts, in this order
  uint16_t to = 0;
  uint32_t id = 0;
  uint32_t lang = 0;
  uint32_t attributes = 0;
  uint32_t status = 0;
  uint32_t payload = 0;
  uint32_t message_tag = 0;
  uint32_t reserved2 = 0;
  uint64_t message_number = 0;
  uint64_t stored_id = 0;
};
static_assert(sizeof(Header) == 56);

uint16_t bits_of(const Facts& f) {
  return static_cast<uint16_t>(f.body | f.no_copy << 1 | f.no_store << 2 | f.store << 3 |
                               f.carbon_private << 4 | f.carbon_eligible << 5 |
                               f.carbon_wrapped << 6 | f.muc_private << 7 | f.chat_state_only << 8 |
                               f.urgent << 9 | f.direct << 10 | f.delayed << 11 | f.archived << 12);
}

Facts facts_of(uint16_t bits) {
  const auto bit = [bits](int n) { return (bits >> n & 1) != 0; };
  return {.body = bit(0),
          .no_copy = bit(1),
          .no_store = bit(2),
          .store = bit(3),
          .carbon_private = bit(4),
          .carbon_eligible = bit(5),
          .carbon_wrapped = bit(6),
          .muc_private = bit(7),
          .chat_state_only = bit(8),
          .urgent = bit(9),
          .direct = bit(10),
          .delayed = bit(11),
          .archived = bit(12)};
}

char* put(base::Bytes text, char* out) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

size_t packed_size(const Stanza& stanza) {
  return sizeof(Header) + stanza.from.full().size() + stanza.to.full().size() + stanza.id.size() +
         stanza.lang.size() + stanza.attributes.size() + stanza.status.size() +
         stanza.payload.size();
}

void pack(const Stanza& stanza, char* out) {
  CHECK(fits(stanza.kind, stanza.type));
  const char* const end = out + packed_size(stanza);
  Header header;
  header.kind = static_cast<uint8_t>(stanza.kind);
  header.type = static_cast<uint8_t>(stanza.type);
  header.facts = bits_of(stanza.facts);
  header.priority = stanza.priority;
  header.from = packed_length<uint16_t>(stanza.from.full());
  header.to = packed_length<uint16_t>(stanza.to.full());
  header.id = packed_length<uint32_t>(stanza.id);
  header.lang = packed_length<uint32_t>(stanza.lang);
  header.attributes = packed_length<uint32_t>(stanza.attributes);
  header.status = packed_length<uint32_t>(stanza.status);
  header.payload = packed_length<uint32_t>(stanza.payload);
  header.message_tag = stanza.message_id.tag;
  header.message_number = stanza.message_id.number;
  header.stored_id = stanza.stored_id;
  std::memcpy(out, &header, sizeof header);
  out = put(stanza.from.full(), out + sizeof header);
  out = put(stanza.to.full(), out);
  out = put(stanza.id, out);
  out = put(stanza.lang, out);
  out = put(stanza.attributes, out);
  out = put(stanza.status, out);
  out = put(stanza.payload, out);
  CHECK(out == end);
}

void pack(const Stanza& stanza, base::Sink& out) {
  const size_t start = out.size();
  out.resize(start + packed_size(stanza));
  pack(stanza, out.data() + start);
}

bool unpack(base::Bytes in, Stanza& out) {
  Header header;
  if (in.size() < sizeof header) return false;
  std::memcpy(&header, in.data(), sizeof header);
  const uint64_t total = sizeof header + uint64_t{header.from} + header.to + header.id +
                         header.lang + header.attributes + header.status + header.payload;
  if (header.version != kVersion || total != in.size() ||
      header.kind > static_cast<uint8_t>(StanzaKind::iq) ||
      header.type > static_cast<uint8_t>(StanzaType::error) ||
      !fits(static_cast<StanzaKind>(header.kind), static_cast<StanzaType>(header.type))) {
    return false;
  }
  in.remove_prefix(sizeof header);
  const auto take = [&in](size_t length) {
    const base::Bytes text = in.substr(0, length);
    in.remove_prefix(length);
    return text;
  };
  out.kind = static_cast<StanzaKind>(header.kind);
  out.type = static_cast<StanzaType>(header.type);
  out.facts = facts_of(header.facts);
  out.priority = header.priority;
  out.from = jid::JidView::trusted(take(header.from));
  out.to = jid::JidView::trusted(take(header.to));
  out.id = take(header.id);
  out.lang = take(header.lang);
  out.attributes = take(header.attributes);
  out.status = take(header.status);
  out.payload = take(header.payload);
  out.message_id = {header.message_number, header.message_tag};
  out.stored_id = header.stored_id;
  CHECK(in.empty());
  return true;
}

}  // namespace im
