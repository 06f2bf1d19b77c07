#include "protocols/sip/message/stream_framer.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace sip {
namespace {

constexpr base::Bytes kHeadEnd = "\r\n\r\n";

}  // namespace

StreamFramer::Event StreamFramer::next(base::Bytes& in, Message& out) {
  if (fault_ != Fault::none) return Event::fault;
  if (finished_) {
    finished_ = false;
    total_ = searched_ = 0;
    std::string().swap(carry_);  // an idle connection holds nothing; assigning keeps the capacity
  }
  if (!carry_.empty()) return go_on(in, out);
  if (skip_line_ends(in)) {
    trace::count(trace::Counter::sip_keep_alives);
    return Event::keep_alive;
  }
  return in.empty() ? Event::nothing : begin(in, out);
}

// A CR without LF is no message either: it is left for the start line, which refuses it.
bool StreamFramer::skip_line_ends(base::Bytes& in) {
  while (!in.empty()) {
    if (in[0] != kHeadEnd[line_ends_]) break;
    in.remove_prefix(1);
    line_ends_ = (line_ends_ + 1) % kHeadEnd.size();
    if (line_ends_ == 0) return true;
  }
  if (!in.empty()) {
    const bool half = line_ends_ % 2 == 1;
    line_ends_ = 0;
    if (half) carry_.push_back('\r');
  }
  return false;
}

StreamFramer::Event StreamFramer::begin(base::Bytes& in, Message& out) {
  if (!carry_.empty()) return go_on(in, out);
  switch (out.index_stream(in, limits_)) {
    case Message::Found::message:
      in.remove_prefix(out.total_bytes());
      return Event::message;
    case Message::Found::fault:
      return refuse(out.fault());
    case Message::Found::incomplete:
      break;
  }
  total_ = out.total_bytes();
  // Room is made as bytes come: what Content-Length promises costs the peer nothing.
  carry_.append(in);
  in = {};
  mark_searched();
  return Event::nothing;
}

// All of it but the three bytes that may be the beginning of the empty line.
void StreamFramer::mark_searched() {
  searched_ = static_cast<uint32_t>(carry_.size() - std::min<size_t>(carry_.size(), 3));
}

StreamFramer::Event StreamFramer::go_on(base::Bytes& in, Message& out) {
  if (total_ == 0) {
    const Event event = grow_head(in, out);
    if (event != Event::message) return event;
  }
  const base::Bytes more = in.substr(0, total_ - carry_.size());
  carry_.append(more);
  in.remove_prefix(more.size());
  if (carry_.size() < total_) return Event::nothing;
  const Message::Found found = out.index_stream(carry_, limits_);
  CHECK(found == Message::Found::message && out.total_bytes() == total_);
  finished_ = true;
  return Event::message;
}

// The head grows until its end is seen (`message`); then it is known how much is to come.
StreamFramer::Event StreamFramer::grow_head(base::Bytes& in, Message& out) {
  const size_t before = carry_.size();
  CHECK(before < limits_.head_bytes);
  const base::Bytes more = in.substr(0, limits_.head_bytes - before);
  carry_.append(more);
  const size_t end = carry_.find(kHeadEnd, searched_);
  if (end == std::string::npos) {
    mark_searched();
    in.remove_prefix(more.size());
    if (carry_.size() < limits_.head_bytes) return Event::nothing;
    // Refused for its size, or for what stands in it.
    const Message::Found found = out.index_stream(carry_, limits_);
    CHECK(found == Message::Found::fault);
    return refuse(out.fault());
  }
  // What is behind the head belongs to the body, or to the next message.
  const size_t head = end + kHeadEnd.size();
  CHECK(head > before);
  carry_.resize(head);
  in.remove_prefix(head - before);
  if (out.index_stream(carry_, limits_) == Message::Found::fault) return refuse(out.fault());
  total_ = out.total_bytes();
  CHECK(total_ >= head);
  return Event::message;
}

StreamFramer::Event StreamFramer::refuse(Fault fault) {
  CHECK(fault != Fault::none);
  fault_ = fault;
  return Event::fault;
}

}  // namespace sip
