#include "protocols/sip/body/pidf_writer.h"

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "engine/trace/counters.h"
#include "protocols/sip/body/capabilities.h"
#include "protocols/sip/body/number.h"
#include "protocols/sip/body/tuple_id.h"
#include "protocols/sip/message/characters.h"
#include "protocols/xml/writer.h"

namespace sip {
namespace {

constexpr base::Bytes kHexDigits = "0123456789ABCDEF";

constexpr base::Bytes kOpening =
    "<?xml version='1.0' encoding='UTF-8'?>\r\n"
    "<presence xmlns='urn:ietf:params:xml:ns:pidf'"
    " xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
    " xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'"
    " xmlns:ce='urn:cisco:params:xml:ns:pidf:rpid'"
    " xmlns:c='urn:ietf:params:xml:ns:pidf:caps'";

// RFC 7247 §3: a resource as the gr parameter of a SIP URI.
void write_parameter(base::Bytes text, base::Sink& out) {
  for (const char c : text) {
    if (is(kUriParameter, c) && c != '&') {  // which a document cannot hold as it is
      out.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHexDigits[octet >> 4]);
    out.push_back(kHexDigits[octet & 15]);
  }
}

base::Bytes show_text(im::Availability show) {
  switch (show) {
    case im::Availability::offline:
    case im::Availability::available:
      return {};
    case im::Availability::extended_away:
      return "xa";
    case im::Availability::away:
      return "away";
    case im::Availability::busy:
    case im::Availability::do_not_disturb:
      return "dnd";
  }
  CHECK(false);
  return {};
}

base::Bytes basic_text(im::Basic basic) {
  switch (basic) {
    case im::Basic::unknown:
      return {};
    case im::Basic::open:
      return "<basic>open</basic>";
    case im::Basic::closed:
      return "<basic>closed</basic>";
  }
  CHECK(false);
  return {};
}

}  // namespace

void write_priority(uint16_t thousandths, base::Sink& out) {
  if (thousandths == im::kNoPriority) return;
  CHECK(thousandths <= im::kPriorityMax);
  out.push_back(thousandths == im::kPriorityMax ? '1' : '0');
  unsigned rest = thousandths % 1000u;
  if (rest == 0) return;
  out.push_back('.');
  for (unsigned place = 100; rest > 0; place /= 10) {
    out.push_back(static_cast<char>('0' + rest / place));
    rest %= place;
  }
}

PidfWriter::PidfWriter(base::Bytes entity, const im::Composed& composed, base::Sink& out)
    : entity_(entity), composed_(composed), out_(out), start_(out.size()) {
  out_.append(kOpening);
  xml::write_attribute("entity", entity_, out_);
  out_.append(">");
  const bool open = composed_.availability != im::Availability::offline;
  out_.append("<tuple id='").append(kComposedTuple).append("'><status>");
  out_.append(basic_text(open ? im::Basic::open : im::Basic::closed));
  write_show(composed_.availability);
  out_.append("</status><contact>");
  xml::escape_text(entity_, out_);
  out_.append("</contact>");
  write_note("note", composed_.note.view(), composed_.lang.view());
  out_.append("</tuple>");
}

bool PidfWriter::has_room() {
  if (out_.size() - start_ < kPidfWrittenBytesMax) return true;
  trace::count(trace::Counter::sip_pidf_written_short);
  return false;
}

void PidfWriter::source(const im::Report& report) {
  CHECK(part_ != Part::done);
  if (part_ == Part::person) {
    if (!report.extension.empty() && has_room()) out_.append(report.extension);
    return;
  }
  for (const im::ReportTuple& tuple : report.tuples) {
    if (!has_room()) return;
    write_tuple(report, tuple);
  }
}

void PidfWriter::write_tuple(const im::Report& report, const im::ReportTuple& tuple) {
  ++tuples_;
  out_.append("<tuple id='");
  write_tuple_id(report, tuple.id);
  out_.append("'><status>").append(basic_text(tuple.basic));
  if (report.has_show) write_show(report.show);
  out_.append("</status>");
  write_activities(tuple.activities);
  if (tuple.capabilities != 0) {
    out_.append("<c:servcaps>");
    write_capabilities(tuple.capabilities, "c:", out_);
    out_.append("</c:servcaps>");
  }
  write_contact(report, tuple);
  write_note("note", tuple.note, report.lang);
  if (report.since.us > 0) {
    out_.append("<timestamp>");
    base::format_datetime(report.since, base::Fraction::none, out_);
    out_.append("</timestamp>");
  }
  out_.append("</tuple>");
}

// RFC 8048 §4.2 for resources. Others may use the same ids as each other, so they get a number.
void PidfWriter::write_tuple_id(const im::Report& report, base::Bytes id) {
  if (report.kind == im::SourceKind::resource) {
    out_.append(kResourceIdPrefix);
  } else {
    out_.append("T");
    write_number(tuples_, out_);
    out_.append("-");
  }
  write_name_as_id(id, out_);
}

void PidfWriter::write_show(im::Availability show) {
  const base::Bytes text = show_text(show);
  if (text.empty()) return;
  out_.append("<show xmlns='jabber:client'>").append(text).append("</show>");
}

void PidfWriter::write_contact(const im::Report& report, const im::ReportTuple& tuple) {
  const bool resource = report.kind == im::SourceKind::resource;
  if (tuple.contact.empty() && !resource) return;
  out_.append("<contact");
  if (tuple.priority != im::kNoPriority) {
    out_.append(" priority='");
    write_priority(tuple.priority, out_);
    out_.append("'");
  }
  out_.append(">");
  xml::escape_text(tuple.contact.empty() ? entity_ : tuple.contact, out_);
  if (tuple.contact.empty()) {
    out_.append(";gr=");
    write_parameter(report.name, out_);
  }
  out_.append("</contact>");
}

void PidfWriter::write_note(base::Bytes element, base::Bytes note, base::Bytes lang) {
  if (note.empty()) return;
  out_.append("<").append(element);
  if (!lang.empty()) xml::write_attribute("xml:lang", lang, out_);
  out_.append(">");
  xml::escape_text(note, out_);
  out_.append("</").append(element).append(">");
}

void PidfWriter::write_activities(im::Activities activities) {
  if (activities.empty()) return;
  out_.append("<rpid:activities>");
  for (int i = 0; i < im::kActivities; ++i) {
    const auto activity = static_cast<im::Activity>(i);
    if (!activities.has(activity)) continue;
    const bool text = activity == im::Activity::other;  // RFC 4480 §3.2: it has one
    out_.append(im::is_standard(activity) ? "<rpid:" : "<ce:").append(im::name(activity));
    out_.append(text ? ">other</rpid:other>" : "/>");
  }
  out_.append("</rpid:activities>");
}

void PidfWriter::begin_person() {
  CHECK(part_ == Part::tuples);
  part_ = Part::person;
  out_.append("<dm:person id='person'>");
  write_activities(composed_.activities);
}

void PidfWriter::end() {
  CHECK(part_ != Part::done);
  if (part_ == Part::person) {
    write_note("dm:note", composed_.note.view(), composed_.lang.view());
    out_.append("</dm:person>");
  }
  part_ = Part::done;
  out_.append("</presence>");
}

}  // namespace sip
