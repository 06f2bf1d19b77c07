#include "protocols/sip/body/tuple_id.h"

#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

constexpr base::Bytes kHexDigits = "0123456789ABCDEF";

}  // namespace

void write_name_as_id(base::Bytes name, base::Sink& out) {
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x80 || (is(kHost, c) && c != '_')) {
      out.push_back(c);
      continue;
    }
    out.append("_x");
    out.push_back(kHexDigits[octet >> 4]);
    out.push_back(kHexDigits[octet & 15]);
  }
}

bool read_resource_id(base::Bytes id, base::Sink& out) {
  if (!id.starts_with(kResourceIdPrefix) || id.size() == kResourceIdPrefix.size()) return false;
  id.remove_prefix(kResourceIdPrefix.size());
  while (!id.empty()) {
    const bool escape = id.size() >= 4 && id.starts_with("_x");
    const int high = escape ? hex_value(id[2]) : -1;
    const int low = escape ? hex_value(id[3]) : -1;
    if (high < 0 || high > 7 || low < 0) {
      out.push_back(id[0]);
      id.remove_prefix(1);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    id.remove_prefix(4);
  }
  return true;
}

}  // namespace sip
