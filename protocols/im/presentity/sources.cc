#include "protocols/im/presentity/sources.h"

#include "engine/base/check.h"
#include "protocols/im/resource.h"

namespace im {
namespace {

constexpr base::Bytes kClient = "jabber:client";

Availability availability_of(base::Bytes show) {
  if (show == "away") return Availability::away;
  if (show == "xa") return Availability::extended_away;
  if (show == "dnd") return Availability::do_not_disturb;
  return Availability::available;  // chat, none; and what is no show at all (RFC 6121 §4.7.2.1)
}

// The payload is what the client sent, of which the wire has read the first status and the priority
// alone: the show is asked for so rarely that it is read here.
Availability show_of(const Stanza& presence, std::string& text, xml::Document& document) {
  if (presence.payload.find("show") == base::Bytes::npos) return Availability::available;
  text.assign("<presence xmlns='jabber:client'");
  text.append(presence.attributes).append(">").append(presence.payload).append("</presence>");
  if (document.parse(text, {}) != xml::Verdict::ok) return Availability::available;
  const xml::Element show = document.root().child("show", kClient);
  return show ? availability_of(show.text()) : Availability::available;
}

// RFC 8048 §4.2, table 1: a negative priority is not told, 127 is 1.
uint16_t thousandths(int16_t priority) {
  if (priority < 0) return kNoPriority;
  return static_cast<uint16_t>(priority * kPriorityMax / 127);
}

}  // namespace

void ResourceReader::read(const Stanza& presence, Report& out) {
  CHECK(presence.kind == StanzaKind::presence && presence.from.has_resource());
  const bool available = presence.type == StanzaType::available;
  CHECK(available || presence.type == StanzaType::unavailable);
  out = {};
  out.kind = SourceKind::resource;
  out.has_show = available;
  if (available) out.show = show_of(presence, text_, document_);
  out.name = presence.from.resource();
  out.note = presence.status;
  out.lang = presence.lang;
  ReportTuple& tuple = out.tuples.emplace_back();
  tuple.id = out.name;
  tuple.note = presence.status;
  if (available) tuple.priority = thousandths(presence.priority);
  tuple.basic = available ? Basic::open : Basic::closed;
}

void visit_sources(const User& user, std::span<const Publication> publications,
                   SourceVisitor& visitor) {
  Report report;
  ResourceReader reader;
  for (const Resource* resource : user.resources) {
    if (!resource->available()) continue;
    Stanza presence;
    CHECK(unpack(resource->presence, presence));
    reader.read(presence, report);
    visitor.source(report);
  }
  for (const Publication& one : publications) {
    CHECK(unpack(one.report.view(), report));
    visitor.source(report);
  }
}

}  // namespace im
