#include "protocols/sip/body/dialog_info.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/base/number.h"
#include "engine/trace/counters.h"
#include "protocols/sip/body/number.h"
#include "protocols/xml/writer.h"

namespace sip {
namespace {

constexpr std::array<base::Bytes, 5> kStates = {"trying", "proceeding", "early", "confirmed",
                                                "terminated"};

bool read_state(base::Bytes text, CallState& out) {
  for (size_t i = 0; i < kStates.size(); ++i) {
    if (!same_word(text, kStates[i])) continue;
    out = static_cast<CallState>(i);
    return true;
  }
  return false;
}

// <local><target><param pname="+sip.rendering" pval="no"/>: our side hears nothing.
bool is_held(xml::Element dialog) {
  const xml::Element target = child(child(dialog, "local"), "target");
  for (xml::Element one = child(target, "param"); one; one = next(one, "param")) {
    if (same_word(one.attribute("pname"), "+sip.rendering")) {
      return same_word(one.attribute("pval"), "no");
    }
  }
  return false;
}

}  // namespace

BodyFault DialogInfoReader::read(base::Bytes body, DialogInfo& out) {
  const BodyFault fault = body_.parse(body, "dialog-info");
  if (fault != BodyFault::none) return fault;
  const xml::Element root = body_.root();
  out.entity = root.attribute("entity");
  out.full = !same_word(root.attribute("state"), "partial");
  out.calls.clear();
  if (!base::parse_u32(trimmed(root.attribute("version")), out.version)) {
    trace::count(trace::Counter::sip_xml_body_other_kind);
    return BodyFault::other_kind;
  }
  for (xml::Element dialog = child(root, "dialog"); dialog; dialog = next(dialog, "dialog")) {
    Call call;
    call.id = dialog.attribute("id");
    const xml::Element state = child(dialog, "state");
    if (call.id.empty() || !state || !read_state(state.text(), call.state)) continue;
    if (out.calls.size() >= kDialogsMax) {
      trace::count(trace::Counter::sip_xml_body_too_large);
      return BodyFault::too_large;
    }
    call.incoming = same_word(dialog.attribute("direction"), "recipient");
    call.held = is_held(dialog);
    out.calls.push_back(call);
  }
  return BodyFault::none;
}

CallTable::Applied CallTable::apply(const DialogInfo& info) {
  if (began_ && info.version <= version_) {
    // A notifier that has started again starts at 0, with a full document.
    if (!info.full || info.version == version_) return Applied::old;
  }
  if (!info.full && (!began_ || info.version != version_ + 1)) return Applied::gap;
  std::vector<Entry> calls = info.full ? std::vector<Entry>() : calls_;
  for (const Call& call : info.calls) {
    const auto place = std::find_if(calls.begin(), calls.end(),
                                    [&call](const Entry& one) { return one.id == call.id; });
    if (call.state == CallState::terminated) {
      if (place != calls.end()) calls.erase(place);
      continue;
    }
    Entry entry{std::string(call.id), call.state, call.incoming, call.held};
    if (place != calls.end()) {
      *place = std::move(entry);
      continue;
    }
    if (calls.size() >= kDialogsMax) return Applied::too_many;
    calls.push_back(std::move(entry));
  }
  calls_ = std::move(calls);
  version_ = info.version;
  began_ = true;
  return Applied::changed;
}

im::LineState CallTable::state() const {
  im::LineState state = began_ ? im::LineState::idle : im::LineState::unknown;
  for (const Entry& call : calls_) {
    CHECK(call.state != CallState::terminated);
    const bool answered = call.state == CallState::confirmed;
    // Whoever dials has his phone in his hand.
    if (answered ? !call.held : !call.incoming) return im::LineState::busy;
    if (!answered) state = im::LineState::alerting;
    if (answered && state != im::LineState::alerting) state = im::LineState::on_hold;
  }
  return state;
}

void write_dialog_info(base::Bytes entity, uint32_t version, im::LineState state, base::Sink& out) {
  out.append("<?xml version='1.0' encoding='UTF-8'?>\r\n");
  out.append("<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info'");
  write_number_attribute("version", version, out);
  out.append(" state='full'");
  xml::write_attribute("entity", entity, out);
  out.append(">");
  const bool alerting = state == im::LineState::alerting;
  const bool held = state == im::LineState::on_hold;
  if (alerting || held || state == im::LineState::busy) {
    out.append("<dialog id='line'");
    if (alerting) out.append(" direction='recipient'");
    out.append("><state>").append(alerting ? "early" : "confirmed").append("</state>");
    if (held) {
      out.append("<local><target");
      xml::write_attribute("uri", entity, out);
      out.append("><param pname='+sip.rendering' pval='no'/></target></local>");
    }
    out.append("</dialog>");
  }
  out.append("</dialog-info>");
}

}  // namespace sip
