#include "protocols/xml/stream_reader.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/packed_string.h"
#include "protocols/xml/document.h"
#include "protocols/xml/scan/carry.h"
#include "protocols/xml/scan/characters.h"
#include "protocols/xml/scan/declarations.h"
#include "protocols/xml/scan/framer.h"
#include "protocols/xml/scan/header.h"
#include "protocols/xml/scan/walker.h"

namespace xml {

// 64 bytes: what an idle stream costs, besides its header's declarations (below).
struct StreamReader::State {
  enum class Phase : uint8_t { header, stanzas, closing, done };

  ScanResult parse(base::Bytes in, Document& document, const Limits& limits);
  ScanResult parse_header(base::Bytes in, Document& document, const Limits& limits);
  ScanResult parse_stream_end(base::Bytes in);
  StreamEvent start(base::Bytes& in, Document& document, const Limits& limits);
  StreamEvent resume(base::Bytes& in, Document& document, const Limits& limits);
  StreamEvent refuse_unfinished(Verdict verdict, Document& document, const Limits& limits);
  StreamEvent event(Document& document);
  StreamEvent refuse(Verdict why);
  bool skip_space(base::Bytes& in);
  base::Bytes summary() const;
  base::Bytes declarations() const;

  Carry carry;
  base::PackedString own_summary;  // of the header; empty while it is the usual one
  const Document* document = nullptr;
  Framer framer;
  Phase phase = Phase::header;
  Verdict verdict = Verdict::ok;
  bool space_before_header = false;
  bool restarted = false;   // white space may trail the last element of the stream before
  bool stream_end = false;  // the last unit parsed was the stream's end tag
  bool usual_summary = false;
};

namespace {

// Nearly every client opens its stream alike: then nothing is kept of the header at all. This is
// what would be kept (declarations.h; on a machine of the other byte order it never matches).
constexpr base::Bytes kUsualSummary(
    "\x0d\0\0\0"
    "stream:stream"
    "\0\0\x0d\0"
    "jabber:client"
    "\x06\0\x20\0"
    "stream"
    "http://etherx.jabber.org/streams",
    4 + 13 + 4 + 13 + 4 + 6 + 32);
constexpr base::Bytes kUsualDeclarations = kUsualSummary.substr(4 + 13);

}  // namespace

base::Bytes StreamReader::State::summary() const {
  return usual_summary ? kUsualSummary : own_summary.view();
}

// The summary but for the header's name.
inline base::Bytes StreamReader::State::declarations() const {
  if (usual_summary) return kUsualDeclarations;
  base::Bytes rest = own_summary.view();
  base::Bytes name;
  base::Bytes none;
  CHECK(next_declaration(rest, name, none));
  return rest;
}

StreamEvent StreamReader::State::refuse(Verdict why) {
  CHECK(why != Verdict::ok);
  verdict = why;
  phase = Phase::done;
  document = nullptr;
  carry.take();
  return StreamEvent::error;
}

// True if anything is left. Between stanzas clients send white space to keep connections alive.
inline bool StreamReader::State::skip_space(base::Bytes& in) {
  while (!in.empty() && is_space(in[0])) {
    space_before_header = true;
    in.remove_prefix(1);
  }
  return !in.empty();
}

ScanResult StreamReader::State::parse_header(base::Bytes in, Document& into, const Limits& limits) {
  // The prolog ends where the stream's tag begins, so the tag's end must have come.
  Framer whole(Framer::Unit::header, 1);
  uint32_t end = 0;
  ScanResult result;
  switch (whole.scan(in, 0, end, result.verdict)) {
    case Framer::Found::nothing:
      return result;
    case Framer::Found::fault:
      end = static_cast<uint32_t>(in.size());
      break;
    case Framer::Found::end:
      break;
  }
  const Verdict framed = result.verdict;
  uint32_t from = 0;
  const bool declared = in.starts_with("<?xml");
  result.verdict = declared && space_before_header && !restarted
                       ? Verdict::not_well_formed
                       : parse_prolog(in.substr(0, end), from);
  result.outcome = Outcome::refused;
  if (result.verdict != Verdict::ok) return result;
  result = scan_header(into.tape_, into.stacks_, in.substr(0, end), limits, from);
  if (result.outcome == Outcome::incomplete) {
    result = {Outcome::refused, framed == Verdict::ok ? Verdict::not_well_formed : framed, 0};
  }
  if (result.outcome != Outcome::complete) return result;
  std::string kept;
  if (!summarise_header(into.tape_, kept)) {
    return {Outcome::refused, Verdict::too_many_attributes, 0};
  }
  usual_summary = kept == kUsualSummary;
  own_summary = usual_summary ? base::PackedString() : base::PackedString(kept);
  return result;
}

ScanResult StreamReader::State::parse_stream_end(base::Bytes in) {
  const size_t end = in.find_first_of("<>", 1);
  if (end == base::Bytes::npos) return {};
  base::Bytes declarations = summary();
  base::Bytes name;
  base::Bytes none;
  CHECK(next_declaration(declarations, name, none));
  if (!closes(in.substr(0, end + 1), name)) {
    return {Outcome::refused, Verdict::not_well_formed, 0};
  }
  stream_end = true;
  return {Outcome::complete, Verdict::ok, static_cast<uint32_t>(end) + 1};
}

// One header, stanza or end tag at the front of `in`, or its beginning.
inline ScanResult StreamReader::State::parse(base::Bytes in, Document& into, const Limits& limits) {
  if (phase == Phase::header) return parse_header(in, into, limits);
  if (in.starts_with("</")) return parse_stream_end(in);
  if (in.size() > 1 && in[1] == '!') {
    // Character data may not stand between stanzas, in whatever form.
    return {Outcome::refused, Verdict::restricted, 0};
  }
  return scan_stanza(into.tape_, into.stacks_, in, limits, declarations());
}

inline StreamEvent StreamReader::State::event(Document& of) {
  if (stream_end) {
    phase = Phase::done;
    document = nullptr;
    return StreamEvent::end;
  }
  CHECK(!of.tape_.elements.empty());
  document = &of;
  if (phase == Phase::stanzas) return StreamEvent::stanza;
  const ElementToken& header = of.tape_.elements[0];
  phase = of.tape_.source[header.open_end - 2] == '/' ? Phase::closing : Phase::stanzas;
  return StreamEvent::header;
}

// Nothing is carried: whatever is complete is parsed where it lies.
inline StreamEvent StreamReader::State::start(base::Bytes& in, Document& into,
                                              const Limits& limits) {
  if (!skip_space(in)) return StreamEvent::need_more;
  if (in[0] != '<') {
    const bool other_encoding =
        phase == Phase::header && (in[0] == '\xfe' || in[0] == '\xff' || in[0] == '\0');
    return refuse(other_encoding ? Verdict::bad_encoding : Verdict::not_well_formed);
  }
  const base::Bytes unit = in.substr(0, limits.stanza_bytes);
  const ScanResult result = parse(unit, into, limits);
  if (result.outcome == Outcome::refused) return refuse(result.verdict);
  if (result.outcome == Outcome::complete) {
    in.remove_prefix(result.size);
    return event(into);
  }
  if (in.size() > unit.size()) return refuse(Verdict::stanza_too_big);
  framer = phase == Phase::header ? Framer(Framer::Unit::header, 1)
                                  : Framer(Framer::Unit::stanza, limits.depth);
  return resume(in, into, limits);
}

// The framer reads only what is new; the walker sees a carried stanza once, when it is whole.
StreamEvent StreamReader::State::resume(base::Bytes& in, Document& into, const Limits& limits) {
  const uint32_t room = limits.stanza_bytes - std::min(limits.stanza_bytes, carry.size());
  const uint32_t before = carry.size();
  carry.append(in.substr(0, room));
  uint32_t size = 0;
  Verdict fault = Verdict::ok;
  switch (framer.scan(carry.view(), before, size, fault)) {
    case Framer::Found::fault:
      return refuse_unfinished(fault, into, limits);
    case Framer::Found::nothing:
      if (in.size() > room) return refuse_unfinished(Verdict::stanza_too_big, into, limits);
      in = {};
      return StreamEvent::need_more;
    case Framer::Found::end:
      break;
  }
  CHECK(size > before);
  framer = Framer();
  in.remove_prefix(size - before);
  const base::Bytes unit = carry.view().substr(0, size);
  const ScanResult result = parse(unit, into, limits);
  if (result.outcome == Outcome::refused) return refuse(result.verdict);
  if (result.outcome != Outcome::complete || result.size != unit.size()) {
    return refuse(Verdict::not_well_formed);
  }
  into.keep(carry.take());
  return event(into);
}

// The framer or the size says no; had the walker said so at an earlier byte, its word counts, so
// that the answer is the same however the stream was cut.
StreamEvent StreamReader::State::refuse_unfinished(Verdict why, Document& into,
                                                   const Limits& limits) {
  const ScanResult result = parse(carry.view(), into, limits);
  return refuse(result.outcome == Outcome::refused ? result.verdict : why);
}

StreamReader::StreamReader() : state_(std::make_unique<State>()) {
  static_assert(sizeof(State) <= 64);
}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;

StreamEvent StreamReader::next(base::Bytes& in, Document& document, const Limits& limits) {
  State& state = *state_;
  state.document = nullptr;
  if (state.phase == State::Phase::closing) {
    state.phase = State::Phase::done;
    return StreamEvent::end;
  }
  if (state.phase == State::Phase::done) {
    if (state.verdict == Verdict::ok) state.verdict = Verdict::not_well_formed;
    return StreamEvent::error;
  }
  document.clear();
  return state.carry.empty() ? state.start(in, document, limits)
                             : state.resume(in, document, limits);
}

Element StreamReader::element() const {
  return state_->document == nullptr ? Element() : state_->document->root();
}

Verdict StreamReader::verdict() const { return state_->verdict; }

void StreamReader::restart() {
  *state_ = State();
  state_->restarted = true;
}

size_t StreamReader::carried_bytes() const { return state_->carry.size(); }

}  // namespace xml
