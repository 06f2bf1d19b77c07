#include "protocols/gateway/presence.h"

#include <array>
#include <charconv>

#include "engine/base/check.h"
#include "protocols/im/presentity/composition.h"
#include "protocols/xml/writer.h"

namespace gateway {
namespace {

// In the order of im::Claim: what is shown of whom claims it.
struct Row {
  im::Claim claim;
  base::Bytes show;
  base::Bytes show_without_busy;  // ShownPresence::busy_as_away
  const std::string im::ShownPresence::*status;
};
constexpr std::array<Row, im::kClaims> kRows = {{
    {im::Claim::do_not_disturb, "dnd", "away", &im::ShownPresence::do_not_disturb},
    {im::Claim::on_the_phone, "dnd", "away", &im::ShownPresence::on_the_phone},
    {im::Claim::meeting, "dnd", "away", &im::ShownPresence::meeting},
    {im::Claim::busy, "dnd", "away", &im::ShownPresence::busy},
    {im::Claim::available, "", "", nullptr},
    {im::Claim::away, "away", "away", nullptr},
    {im::Claim::extended_away, "xa", "xa", nullptr},
    {im::Claim::offline, "", "", nullptr},
}};

const Row& row_of(im::Claim claim) {
  const Row& row = kRows[static_cast<size_t>(claim)];
  CHECK(row.claim == claim);
  return row;
}

// The document as if this tuple were its only one.
im::Claim claim_of(const im::Report& document, const im::ReportTuple& tuple,
                   const im::CompositionRules& rules) {
  im::Report one;
  one.kind = document.kind;
  one.line = document.line;
  one.idle = document.idle;
  one.has_show = document.has_show;
  one.show = document.show;
  one.activities = document.activities;
  one.tuples.push_back(tuple);
  return im::claim_of(one, rules);
}

}  // namespace

int8_t priority_of(uint16_t thousandths) {
  CHECK(thousandths <= im::kPriorityMax);
  return static_cast<int8_t>((thousandths * 127 + im::kPriorityMax - 1) / im::kPriorityMax);
}

XmppPresence to_xmpp(const im::Report& document, const im::ReportTuple& tuple,
                     const im::PresentityOptions& options) {
  const im::Claim claim = claim_of(document, tuple, options.rules);
  const bool claims_to_be_there = claim != im::Claim::offline;
  const bool available =
      tuple.basic == im::Basic::open || (tuple.basic == im::Basic::unknown && claims_to_be_there);
  XmppPresence out;
  const bool of_person = !document.note.empty();
  out.status = of_person ? document.note : tuple.note;
  if (!out.status.empty()) out.lang = document.lang;
  if (!available) return out;
  out.type = im::StanzaType::available;
  const Row& row = row_of(claim);
  out.show = options.shown.busy_as_away ? row.show_without_busy : row.show;
  if (out.status.empty() && row.status != nullptr) {
    out.status = options.shown.*row.status;
    out.lang = options.shown.lang;
  }
  out.has_priority = tuple.priority != im::kNoPriority;
  if (out.has_priority) out.priority = priority_of(tuple.priority);
  return out;
}

void write_payload(const XmppPresence& presence, base::Sink& out) {
  CHECK(presence.priority >= 0);
  if (!presence.show.empty()) xml::write_text_element("show", presence.show, out);
  if (!presence.status.empty()) xml::write_text_element("status", presence.status, out);
  if (!presence.has_priority) return;
  char text[4];
  const auto [end, error] = std::to_chars(text, text + sizeof text, presence.priority);
  CHECK(error == std::errc());
  xml::write_text_element("priority", {text, static_cast<size_t>(end - text)}, out);
}

}  // namespace gateway
