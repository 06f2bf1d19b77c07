#include "protocols/sip/message/header_id.h"

#include <array>
#include <cstring>
#include <iterator>

#include "engine/base/check.h"

namespace sip {
namespace {

constexpr base::Bytes kNames[] = {
    "",
#define HEADER(name, wire, compact, values) wire,
#include "protocols/sip/message/headers.def"
#undef HEADER
};
constexpr char kCompact[] = {
    0,
#define HEADER(name, wire, compact, values) compact,
#include "protocols/sip/message/headers.def"
#undef HEADER
};
constexpr size_t kNameMax = 24;
constexpr size_t kIds = std::size(kNames);

enum Values : uint8_t { one, many };
constexpr Values kValues[] = {
    many,
#define HEADER(name, wire, compact, values) values,
#include "protocols/sip/message/headers.def"
#undef HEADER
};

constexpr char lower(char c) { return static_cast<char>(c | 0x20); }

// All that the table needs: names in lower case, padded with zeros.
struct Table {
  std::array<std::array<char, kNameMax>, kIds> names{};
  std::array<uint8_t, kNameMax * 32> by_shape{};  // first id of (length, first letter)
  std::array<uint8_t, kIds> next{};               // others of the same shape
  std::array<uint8_t, 32> by_letter{};            // compact forms
  uint64_t single = 0;
};

constexpr size_t shape(size_t length, char first) { return length * 32 + (first & 31); }

constexpr Table make_table() {
  Table table;
  for (size_t id = 1; id < kIds; ++id) {
    const base::Bytes name = kNames[id];
    for (size_t i = 0; i < name.size(); ++i) table.names[id][i] = lower(name[i]);
    uint8_t& first = table.by_shape[shape(name.size(), name[0])];
    table.next[id] = first;
    first = static_cast<uint8_t>(id);
    if (kCompact[id] != 0) table.by_letter[kCompact[id] & 31] = static_cast<uint8_t>(id);
    if (kValues[id] == one) table.single |= uint64_t{1} << id;
  }
  return table;
}
constexpr Table kTable = make_table();

uint64_t load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Letters and hyphens only, so setting bit 5 folds case and changes nothing else: the one other
// byte that becomes a hyphen is CR, which no name contains.
bool equal_name(const char* in, const char* name, size_t length) {
  constexpr uint64_t kLower = 0x2020202020202020;
  if (length >= 8) {
    uint64_t differs = (load(in) | kLower) ^ load(name);
    for (size_t at = 8; at + 8 < length; at += 8) {
      differs |= (load(in + at) | kLower) ^ load(name + at);
    }
    const size_t last = length - 8;
    return (differs | ((load(in + last) | kLower) ^ load(name + last))) == 0;
  }
  for (size_t i = 0; i < length; ++i) {
    if (lower(in[i]) != name[i]) return false;
  }
  return true;
}

}  // namespace

HeaderId find_header_id(base::Bytes name) {
  static_assert(kNames[1] == "Via");
  if (name.size() == 1) {
    const char letter = lower(name[0]);
    const bool is_letter = letter >= 'a' && letter <= 'z' && (name[0] & 0x40) != 0;
    return is_letter ? HeaderId{kTable.by_letter[letter & 31]} : HeaderId::unknown;
  }
  if (name.empty() || name.size() >= kNameMax) return HeaderId::unknown;
  uint8_t id = kTable.by_shape[shape(name.size(), name[0])];
  while (id != 0 && !equal_name(name.data(), kTable.names[id].data(), name.size())) {
    id = kTable.next[id];
  }
  return HeaderId{id};
}

base::Bytes wire_name(HeaderId id) {
  CHECK(static_cast<size_t>(id) < kIds);
  return kNames[static_cast<size_t>(id)];
}

uint64_t single_valued_headers() { return kTable.single; }

}  // namespace sip
