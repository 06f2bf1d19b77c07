#include "protocols/im/archive/message_id.h"

#include <charconv>

#include "engine/base/hexadecimal.h"

namespace im {
namespace {

constexpr size_t kNumberDigits = 16;
constexpr size_t kTagDigits = 8;

template <class Number>
bool read_hex(base::Bytes digits, Number& out) {
  for (const char c : digits) {
    if (c >= 'A' && c <= 'F') return false;  // one id has one text
  }
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, out, 16);
  return error == std::errc() && rest == end;
}

void write_hex(uint64_t number, size_t digits, base::Sink& out) {
  while (digits-- > 0) out += base::kHexDigits[number >> (4 * digits) & 15];
}

}  // namespace

void write(MessageId id, base::Sink& out) {
  write_hex(id.number, kNumberDigits, out);
  write_hex(id.tag, kTagDigits, out);
}

std::string text_of(MessageId id) {
  std::string text;
  write(id, text);
  return text;
}

bool parse(base::Bytes text, MessageId& out) {
  MessageId id;
  if (text.size() != kNumberDigits + kTagDigits ||
      !read_hex(text.substr(0, kNumberDigits), id.number) ||
      !read_hex(text.substr(kNumberDigits), id.tag) || !id) {
    return false;
  }
  out = id;
  return true;
}

}  // namespace im
