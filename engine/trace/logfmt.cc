#include "engine/trace/logfmt.h"

#include <charconv>

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "engine/base/hexadecimal.h"
#include "engine/base/utf8.h"
#include "engine/trace/record.h"

namespace trace {

static bool plain(base::Bytes text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c == 0x7F || c == '"' || c == '=' || c == '\\') return false;  // char is signed
  }
  return true;
}
static_assert(static_cast<char>(0x80) < 0, "plain() counts every non-ASCII octet as not plain");

// Two- and three-octet characters that change how a line is shown: C1 controls, line and
// paragraph separators, bidirectional overrides and isolates.
static uint32_t steering_character(base::Bytes sequence) {
  const auto octet = [sequence](size_t i) { return static_cast<uint8_t>(sequence[i]); };
  if (sequence.size() == 2 && octet(0) == 0xC2 && octet(1) < 0xA0) return octet(1);
  if (sequence.size() != 3 || octet(0) != 0xE2) return 0;
  const uint32_t code = 0x2000u | (octet(1) & 0x3Fu) << 6 | (octet(2) & 0x3Fu);
  const bool separator_or_override = code >= 0x2028 && code <= 0x202E;
  const bool isolate = code >= 0x2066 && code <= 0x2069;
  return separator_or_override || isolate ? code : 0;
}

static void append_code(uint32_t code, base::Sink& out) {
  CHECK(code <= 0xFFFF);
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(base::kHexDigits[code >> shift & 15]);
}

static void append_ascii(char c, base::Sink& out) {
  CHECK(static_cast<uint8_t>(c) < 0x80);
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
    append_code(static_cast<uint8_t>(c), out);
  } else {
    out.push_back(c);
  }
}

void append_value(base::Bytes text, bool truncated, base::Sink& out) {
  if (plain(text) && !truncated) {
    out.append(text);
    return;
  }
  out.push_back('"');
  while (!text.empty()) {
    const size_t length = base::utf8_sequence(text);
    if (length == 0) {  // not UTF-8: shown as the replacement character
      append_code(0xFFFD, out);
      text.remove_prefix(1);
      continue;
    }
    const base::Bytes sequence = text.substr(0, length);
    const uint32_t steering = length == 1 ? 0 : steering_character(sequence);
    if (length == 1) {
      append_ascii(sequence.front(), out);
    } else if (steering != 0) {
      append_code(steering, out);
    } else {
      out.append(sequence);
    }
    text.remove_prefix(length);
  }
  out.append(truncated ? "\u2026\"" : "\"");
}

static void append_number(int64_t number, base::Sink& out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  CHECK(error == std::errc{});
  out.append(digits, end);
}

void append_line(const char* record, base::Sink& out) {
  FieldReader fields(record);
  const RecordHeader& header = fields.header();
  CHECK(header.event != nullptr);
  out.append("time=");
  base::format_datetime(header.time, base::Fraction::microseconds, out);
  out.append(" level=").append(name(header.level));
  out.append(" component=").append(name(header.component));
  out.append(" event=");
  append_value(header.event, false, out);
  while (fields.next()) {
    out.append(" ").append(fields.key()).append("=");
    if (fields.numeric()) {
      append_number(fields.number(), out);
    } else {
      append_value(fields.text(), fields.truncated(), out);
    }
  }
  out.push_back('\n');
}

}  // namespace trace
