#include "protocols/im/presentity/shown.h"

#include <string>

#include "engine/base/check.h"
#include "protocols/im/stanza.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

base::Bytes show_text(Availability availability, const ShownPresence& how) {
  switch (availability) {
    case Availability::offline:
    case Availability::available:
      return {};
    case Availability::extended_away:
      return "xa";
    case Availability::away:
      return "away";
    case Availability::busy:
    case Availability::do_not_disturb:
      return how.busy_as_away ? "away" : "dnd";
  }
  CHECK(false);
  return {};
}

base::Bytes text_of(Claim claim, const ShownPresence& how) {
  switch (claim) {
    case Claim::do_not_disturb:
      return how.do_not_disturb;
    case Claim::on_the_phone:
      return how.on_the_phone;
    case Claim::meeting:
      return how.meeting;
    case Claim::busy:
      return how.busy;
    case Claim::available:
    case Claim::away:
    case Claim::extended_away:
    case Claim::offline:
      return {};
  }
  CHECK(false);
  return {};
}

}  // namespace

void show(base::Bytes bare_jid, const Composer& all, const Composer& clients,
          const ShownPresence& how, base::Sink& packed) {
  if (all.claim() == Claim::offline || all.claim() == clients.claim()) return;
  const bool noted = !all.note().empty();
  const base::Bytes status = noted ? all.note() : text_of(all.claim(), how);
  std::string payload;
  const base::Bytes text = show_text(all.availability(), how);
  if (!text.empty()) xml::write_text_element("show", text, payload);
  if (!status.empty()) xml::write_text_element("status", status, payload);
  xml::write_text_element("priority", std::to_string(how.priority), payload);
  std::string full(bare_jid);
  full.append("/").append(how.resource);
  Stanza stanza;
  stanza.kind = StanzaKind::presence;
  stanza.type = StanzaType::available;
  stanza.from = jid::JidView::trusted(full);
  stanza.lang = noted ? all.lang() : base::Bytes(how.lang);
  stanza.payload = payload;
  stanza.status = status;
  stanza.priority = how.priority;
  pack(stanza, packed);
}

}  // namespace im
