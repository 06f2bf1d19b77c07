#include "engine/base/base64.h"

#include <array>

#include "engine/base/check.h"

namespace base {

static constexpr char kAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static constexpr uint8_t kInvalid = 0xFF;

static constexpr std::array<uint8_t, 256> make_values() {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kInvalid;
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kAlphabet[i])] = i;
  return values;
}
static constexpr std::array<uint8_t, 256> kValues = make_values();

static uint32_t octet(Bytes data, size_t at) { return static_cast<uint8_t>(data[at]); }

void base64_encode(Bytes data, Sink& out) {
  const size_t from = out.size();
  out.reserve(from + (data.size() + 2) / 3 * 4);
  size_t at = 0;
  for (; at + 3 <= data.size(); at += 3) {
    const uint32_t group = octet(data, at) << 16 | octet(data, at + 1) << 8 | octet(data, at + 2);
    out.push_back(kAlphabet[group >> 18]);
    out.push_back(kAlphabet[group >> 12 & 63]);
    out.push_back(kAlphabet[group >> 6 & 63]);
    out.push_back(kAlphabet[group & 63]);
  }
  const size_t left = data.size() - at;
  if (left > 0) {
    const uint32_t group = octet(data, at) << 16 | (left == 2 ? octet(data, at + 1) << 8 : 0);
    out.push_back(kAlphabet[group >> 18]);
    out.push_back(kAlphabet[group >> 12 & 63]);
    out.push_back(left == 2 ? kAlphabet[group >> 6 & 63] : '=');
    out.push_back('=');
  }
  CHECK(out.size() - from == (data.size() + 2) / 3 * 4);
}

// Appends the octets of the last group, which alone may be padded. The bits that the padding
// leaves over must be zero, or two texts would mean the same octets (RFC 4648 §3.5).
static bool decode_last(Bytes group, Sink& out) {
  CHECK(group.size() == 4);
  const uint8_t a = kValues[octet(group, 0)];
  const uint8_t b = kValues[octet(group, 1)];
  if (a == kInvalid || b == kInvalid) return false;
  if (group[2] == '=' && group[3] == '=') {
    if ((b & 15) != 0) return false;
    out.push_back(static_cast<char>(a << 2 | b >> 4));
    return true;
  }
  const uint8_t c = kValues[octet(group, 2)];
  if (c == kInvalid) return false;
  const bool padded = group[3] == '=';
  const uint8_t d = padded ? 0 : kValues[octet(group, 3)];
  if (d == kInvalid || (padded && (c & 3) != 0)) return false;
  out.push_back(static_cast<char>(a << 2 | b >> 4));
  out.push_back(static_cast<char>(b << 4 | c >> 2));
  if (!padded) out.push_back(static_cast<char>(c << 6 | d));
  return true;
}

bool base64_decode(Bytes text, Sink& out) {
  if (text.empty()) return true;
  if (text.size() % 4 != 0) return false;
  const size_t from = out.size();
  out.reserve(from + text.size() / 4 * 3);
  const size_t last = text.size() - 4;
  for (size_t at = 0; at < last; at += 4) {
    const uint8_t a = kValues[octet(text, at)];
    const uint8_t b = kValues[octet(text, at + 1)];
    const uint8_t c = kValues[octet(text, at + 2)];
    const uint8_t d = kValues[octet(text, at + 3)];
    if (a == kInvalid || b == kInvalid || c == kInvalid || d == kInvalid) {
      out.resize(from);
      return false;
    }
    out.push_back(static_cast<char>(a << 2 | b >> 4));
    out.push_back(static_cast<char>(b << 4 | c >> 2));
    out.push_back(static_cast<char>(c << 6 | d));
  }
  CHECK(out.size() - from == last / 4 * 3);
  if (decode_last(text.substr(last), out)) return true;
  out.resize(from);
  return false;
}

}  // namespace base
