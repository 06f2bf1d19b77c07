#include "protocols/sip/body/pidf_reader.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "engine/trace/counters.h"
#include "protocols/sip/body/capabilities.h"

namespace sip {
namespace {

constexpr base::Bytes kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

// RFC 4480 §3.3 to §3.15: of the person, handed on as they came.
constexpr base::Bytes kPassedThrough[] = {"mood",        "place-is",     "place-type",
                                          "privacy",     "relationship", "sphere",
                                          "status-icon", "time-offset",  "service-class"};

bool passed_through(base::Bytes name) {
  return std::find(std::begin(kPassedThrough), std::end(kPassedThrough), name) !=
         std::end(kPassedThrough);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool read_show(base::Bytes text, im::Availability& out) {
  if (text == "away") {
    out = im::Availability::away;
  } else if (text == "xa") {
    out = im::Availability::extended_away;
  } else if (text == "dnd") {
    out = im::Availability::do_not_disturb;
  } else if (text == "chat") {
    out = im::Availability::available;
  } else {
    return false;
  }
  return true;
}

}  // namespace

uint16_t parse_priority(base::Bytes text) {
  text = trimmed(text);
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return im::kNoPriority;
  unsigned thousandths = text[0] == '1' ? 1000 : 0;
  text.remove_prefix(1);
  if (text.empty()) return static_cast<uint16_t>(thousandths);
  if (text[0] != '.' || text.size() < 2) return im::kNoPriority;
  unsigned place = 100;
  for (const char c : text.substr(1)) {
    if (!is_digit(c)) return im::kNoPriority;
    thousandths += static_cast<unsigned>(c - '0') * place;
    place /= 10;  // what is finer than a thousandth counts nothing
  }
  return thousandths > im::kPriorityMax ? im::kNoPriority : static_cast<uint16_t>(thousandths);
}

base::Bytes PidfReader::text_of(xml::Element element) {
  const size_t start = texts_.size();
  const size_t room = texts_.capacity();
  element.text(texts_);
  CHECK(texts_.capacity() == room);  // or the views of before would dangle
  return trimmed(base::Bytes(texts_).substr(start));
}

BodyFault PidfReader::read(base::Bytes body, im::SourceKind kind, im::Report& out) {
  const BodyFault fault = body_.parse(body, "presence");
  if (fault != BodyFault::none) return fault;
  im::Report fresh;
  fresh.kind = kind;
  fresh.tuples = std::move(out.tuples);  // for their room
  fresh.tuples.clear();
  out = std::move(fresh);
  open_without_show_ = false;
  texts_.clear();
  texts_.reserve(2 * body.size());  // an element's text is read twice at most
  extension_.clear();
  for (xml::Element one = body_.root().first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "tuple") read_tuple(one, out);
    if (name == "person") read_person(one, out);
    if (name == "device") read_device(one, out);
  }
  if (out.has_show && open_without_show_)
    out.show = std::max(out.show, im::Availability::available);
  // The whole document's note is nobody's in particular: the person's goes first.
  read_note(child(body_.root(), "note"), out);
  if (out.name.empty() && !out.tuples.empty()) out.name = out.tuples[0].id;
  out.extension = extension_;
  return BodyFault::none;
}

void PidfReader::read_tuple(xml::Element element, im::Report& out) {
  if (out.tuples.size() >= kPidfTuplesMax) {
    trace::count(trace::Counter::sip_pidf_tuples_dropped);
    return;
  }
  im::ReportTuple& tuple = out.tuples.emplace_back();
  tuple.id = element.attribute("id");
  for (xml::Element one = element.first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "status") read_status(one, tuple, out);
    if (name == "activities") read_activities(one, tuple.activities);
    if (name == "servcaps") tuple.capabilities |= read_capabilities(one);
    if (name == "user-input") out.idle |= same_word(text_of(one), "idle");
    if (name == "timestamp") read_time(one, out);
    if (name == "note" && tuple.note.empty()) {
      tuple.note = text_of(one);
      if (out.lang.empty()) out.lang = one.attribute("lang", kXmlNamespace);
    }
    if (name != "contact") continue;
    tuple.contact = text_of(one);
    tuple.priority = parse_priority(one.attribute("priority"));
  }
}

void PidfReader::read_status(xml::Element status, im::ReportTuple& tuple, im::Report& out) {
  bool said = false;
  im::Availability show = im::Availability::available;
  for (xml::Element one = status.first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "basic") {
      const base::Bytes text = text_of(one);
      if (same_word(text, "open")) tuple.basic = im::Basic::open;
      if (same_word(text, "closed")) tuple.basic = im::Basic::closed;
    }
    if (name == "show") said = read_show(text_of(one), show);
    if (name == "activities") read_activities(one, tuple.activities);
  }
  if (tuple.basic == im::Basic::closed) return;
  // Of several devices the most available one counts, as it does among XMPP clients.
  if (said) out.show = out.has_show ? std::max(out.show, show) : show;
  out.has_show |= said;
  open_without_show_ |= !said && tuple.basic == im::Basic::open;
}

void PidfReader::read_person(xml::Element person, im::Report& out) {
  if (out.name.empty()) out.name = person.attribute("id");
  read_note(child(person, "note"), out);
  for (xml::Element one = person.first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "activities") read_activities(one, out.activities);
    if (name == "user-input") out.idle |= same_word(text_of(one), "idle");
    if (name == "timestamp") read_time(one, out);
    if (passed_through(name)) pass_through(one);
  }
}

void PidfReader::read_device(xml::Element device, im::Report& out) {
  for (xml::Element one = device.first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "activities") read_activities(one, out.activities);
    if (name == "user-input") out.idle |= same_word(text_of(one), "idle");
    if (name == "timestamp") read_time(one, out);
  }
}

void PidfReader::read_note(xml::Element note, im::Report& out) {
  if (!note || !out.note.empty()) return;
  out.note = text_of(note);
  out.lang = note.attribute("lang", kXmlNamespace);
}

void PidfReader::read_time(xml::Element timestamp, im::Report& out) {
  base::WallTime when;
  if (base::parse_datetime(text_of(timestamp), when)) out.since = std::max(out.since, when);
}

void PidfReader::read_activities(xml::Element activities, im::Activities& out) {
  for (xml::Element one = activities.first_child(); one; one = one.next_sibling()) {
    const base::Bytes name = one.name();
    if (name == "user-input") continue;
    im::Activity activity = im::Activity::unknown;
    const bool known = name == "activity" ? im::parse_activity(text_of(one), activity)
                                          : im::parse_activity(name, activity);
    if (known) out.add(activity);
  }
}

void PidfReader::pass_through(xml::Element element) {
  const size_t before = extension_.size();
  element.standalone(extension_);
  if (extension_.size() <= kPidfExtensionBytesMax) return;
  extension_.resize(before);
  trace::count(trace::Counter::sip_pidf_extensions_dropped);
}

}  // namespace sip
