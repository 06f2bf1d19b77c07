#include "protocols/sip/body/message_summary.h"

#include "engine/base/number.h"
#include "engine/trace/counters.h"
#include "protocols/sip/body/number.h"
#include "protocols/sip/body/xml_body.h"

namespace sip {
namespace {

// Takes a line off the front, without its end.
base::Bytes take_line(base::Bytes& in) {
  const size_t end = in.find('\n');
  const base::Bytes line = in.substr(0, end);
  in.remove_prefix(end == base::Bytes::npos ? in.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool split(base::Bytes line, char at, base::Bytes& before, base::Bytes& after) {
  const size_t place = line.find(at);
  if (place == base::Bytes::npos) return false;
  before = trimmed(line.substr(0, place));
  after = trimmed(line.substr(place + 1));
  return true;
}

bool read_pair(base::Bytes text, uint32_t& fresh, uint32_t& old) {
  base::Bytes before;
  base::Bytes after;
  return split(text, '/', before, after) && base::parse_u32(before, fresh) &&
         base::parse_u32(after, old);
}

// "2/8" or "2/8 (0/2)".
bool read_counts(base::Bytes text, MessageCounts& out) {
  const size_t open = text.find('(');
  if (!read_pair(trimmed(text.substr(0, open)), out.fresh, out.old)) return false;
  if (open == base::Bytes::npos) return true;
  const base::Bytes urgent = text.substr(open + 1);
  return urgent.ends_with(')') &&
         read_pair(urgent.substr(0, urgent.size() - 1), out.fresh_urgent, out.old_urgent);
}

bool read(base::Bytes body, MessageSummary& out) {
  if (body.size() > kMessageSummaryBytesMax) return false;
  base::Bytes name;
  base::Bytes value;
  if (!split(take_line(body), ':', name, value) || !same_word(name, "Messages-Waiting")) {
    return false;
  }
  out = {};
  out.waiting = same_word(value, "yes");
  if (!out.waiting && !same_word(value, "no")) return false;
  while (!body.empty()) {
    const base::Bytes line = take_line(body);
    if (line.empty()) return true;  // single messages follow
    if (!split(line, ':', name, value)) return false;
    if (same_word(name, "Message-Account")) out.account = value;
    const bool voice = same_word(name, "Voice-Message");
    if (!voice && !same_word(name, "Text-Message")) continue;
    if (!read_counts(value, voice ? out.voice : out.text)) return false;
    (voice ? out.has_voice : out.has_text) = true;
  }
  return true;
}

void write_counts(base::Bytes name, const MessageCounts& counts, base::Sink& out) {
  out.append(name);
  write_number(counts.fresh, out);
  out.append("/");
  write_number(counts.old, out);
  out.append(" (");
  write_number(counts.fresh_urgent, out);
  out.append("/");
  write_number(counts.old_urgent, out);
  out.append(")\r\n");
}

}  // namespace

bool read_message_summary(base::Bytes body, MessageSummary& out) {
  if (read(body, out)) return true;
  trace::count(trace::Counter::sip_message_summaries_malformed);
  return false;
}

void write_message_summary(const MessageSummary& summary, base::Sink& out) {
  out.append(summary.waiting ? "Messages-Waiting: yes\r\n" : "Messages-Waiting: no\r\n");
  if (!summary.account.empty()) {
    out.append("Message-Account: ").append(summary.account).append("\r\n");
  }
  if (summary.has_voice) write_counts("Voice-Message: ", summary.voice, out);
  if (summary.has_text) write_counts("Text-Message: ", summary.text, out);
}

}  // namespace sip
