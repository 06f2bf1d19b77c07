#include "bench/load/client/frame.h"

#include "bench/load/client/login.h"
#include "bench/load/client/tick.h"

namespace load {

static constexpr std::string_view kWords =
    "About as long as what people write to each other: one line, sometimes two, seldom more. ";

static std::string hexadecimal(uint32_t value, int digits) {
  std::string text(static_cast<size_t>(digits), '0');
  for (int i = digits - 1; i >= 0; --i, value >>= 4) {
    text[static_cast<size_t>(i)] = "0123456789abcdef"[value & 15];
  }
  return text;
}

static Template assemble(const std::string& head, const std::string& tail, size_t bytes) {
  Template made;
  made.tick_at = head.size();
  made.text = head + std::string(kTickBytes, '~');
  for (size_t i = 0; made.text.size() + tail.size() < bytes; ++i) {
    made.text.push_back(i == 0 ? ' ' : kWords[(i - 1) % kWords.size()]);
  }
  made.text += tail;
  return made;
}

static Template frame_template(char kind, uint32_t number, const std::string& group, size_t bytes) {
  const size_t least = kFrameHeaderBytes + group.size() + kTickBytes;
  const auto length = static_cast<uint32_t>(std::max(bytes, least));
  return assemble(kind + hexadecimal(length, 4) + hexadecimal(number, 8) + group, "", length);
}

Template message_template(const Options& options, bool to_full_jid, uint32_t to, size_t bytes) {
  if (options.raw) return frame_template('M', to, "", bytes);
  const std::string jid = user_name(to) + "@" + options.domain + (to_full_jid ? "/load" : "");
  return assemble("<message to='" + jid + "' type='chat' id='load'><body>", "</body></message>",
                  bytes);
}

Template presence_template(const Options& options, uint32_t from, size_t bytes) {
  const uint32_t clique = options.contacts + 1;
  if (options.raw) {
    return frame_template('F', from - from % clique, hexadecimal(clique, 4), bytes);
  }
  return assemble("<presence><show>away</show><status>", "</status></presence>", bytes);
}

std::string hello_frame(uint32_t number) { return frame_template('H', number, "", 0).text; }

static bool digits(const char* at, int count, uint32_t& out) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    const uint32_t digit = c <= '9' ? uint32_t{c} - '0' : uint32_t{c} - 'a' + 10;
    if (digit > 15) return false;
    value = value << 4 | digit;
  }
  out = value;
  return true;
}

FrameStatus read_frame(std::string_view bytes, FrameHeader& out) {
  if (bytes.size() < kFrameHeaderBytes) return FrameStatus::incomplete;
  out = {.kind = bytes[0]};
  size_t header = kFrameHeaderBytes;
  if (!digits(bytes.data() + 1, 4, out.length) || !digits(bytes.data() + 5, 8, out.number)) {
    return FrameStatus::malformed;
  }
  if (out.kind == 'F') {
    header += kFrameGroupBytes;
    if (bytes.size() < header) return FrameStatus::incomplete;
    if (!digits(bytes.data() + kFrameHeaderBytes, 4, out.count)) return FrameStatus::malformed;
  } else if (out.kind != 'M' && out.kind != 'H') {
    return FrameStatus::malformed;
  }
  if (out.length < header) return FrameStatus::malformed;
  return bytes.size() < out.length ? FrameStatus::incomplete : FrameStatus::complete;
}

}  // namespace load
