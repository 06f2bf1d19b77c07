// A session towards its client: stanzas and pushes, held back while the client is inactive.
#include "protocols/xmpp/session.h"

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/forwarded.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/nonza.h"
#include "protocols/xmpp/roster_item.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

void count_sent(im::StanzaKind kind) {
  switch (kind) {
    case im::StanzaKind::message:
      return trace::count(trace::Counter::xmpp_messages_sent);
    case im::StanzaKind::presence:
      return trace::count(trace::Counter::xmpp_presence_sent);
    case im::StanzaKind::iq:
      return trace::count(trace::Counter::xmpp_iqs_sent);
  }
}

}  // namespace

void Session::deliver(const im::Stanza& stanza, engine::Turn& turn) {
  CHECK(user != nullptr);  // the realm and the features have let go of it before it ends
  if (client_state_ == nullptr) return write(stanza, turn);
  switch (ClientState::judge(stanza)) {
    case ClientState::Verdict::drop:
      trace::count(trace::Counter::xmpp_dropped_inactive);
      return;
    case ClientState::Verdict::pass:
      flush_client_state(turn);
      write(stanza, turn);
      return;
    case ClientState::Verdict::keep:
      break;
  }
  if (client_state_->size() >= service_.options().csi_queue_max ||
      client_state_->bytes() + im::packed_size(stanza) > ClientState::kBytesMax) {
    trace::count(trace::Counter::xmpp_limit_held_inactive);
    flush_client_state(turn);
    return write(stanza, turn);
  }
  trace::count(trace::Counter::xmpp_held_inactive);
  std::string& packed = service_.pack_scratch();
  packed.clear();
  im::pack(stanza, packed);
  const bool presence = stanza.kind == im::StanzaKind::presence;
  if (client_state_->keep(presence ? stanza.from.full() : base::Bytes(), packed)) {
    trace::count(trace::Counter::xmpp_dropped_inactive);
  }
}

void Session::flush_client_state(engine::Turn& turn) {
  if (client_state_ == nullptr) return;
  ClientState held = std::move(*client_state_);
  *client_state_ = ClientState();
  held.for_each([&](base::Bytes packed) {
    im::Stanza stanza;
    CHECK(im::unpack(packed, stanza));
    write(stanza, turn);
  });
}

void Session::write(const im::Stanza& stanza, engine::Turn& turn) {
  if (stream_ != nullptr && stream_->writable()) {
    base::Sink& out = turn.out.begin_send(stream_->connection());
    const size_t start = out.size();
    im::write(stanza, stanza.to, bare_jid(), out);
    trace::stanza(bare_jid(), false, base::Bytes(out).substr(start));
    turn.out.end_send();
    count_sent(stanza.kind);
  }
  if (stream_management_ != nullptr) {
    remember(stanza, turn);
  } else {
    keep_unsent(stanza, turn);
  }
}

void Session::push(base::Bytes payload, engine::Turn& turn) {
  std::string id = "push-";
  append_number(++pushes_, id);
  im::Stanza iq;
  iq.kind = im::StanzaKind::iq;
  iq.type = im::StanzaType::set;
  // May be left out (RFC 6121 §2.1.6), but then profanity 0.15 takes no push.
  iq.from = jid().bare_jid();
  iq.to = jid();
  iq.id = id;
  iq.payload = payload;
  deliver(iq, turn);
}

void Session::push_roster(base::Bytes jid, const im::Contact* contact, uint64_t version,
                          engine::Turn& turn) {
  std::string query = "<query xmlns='jabber:iq:roster' ver='";
  append_number(version, query);
  query.append("'>");
  if (contact != nullptr) {
    write_roster_item(*contact, query);
  } else {
    query.append("<item");
    xml::write_attribute("jid", jid, query);
    query.append(" subscription='remove'/>");
  }
  query.append("</query>");
  push(query, turn);
}

void Session::push_blocking(bool added, const std::vector<std::string>& jids,
                            engine::Turn& turn) {
  std::string xml = added ? "<block xmlns='" : "<unblock xmlns='";
  xml.append(ns::kBlocking).append("'>");
  for (const std::string& jid : jids) {
    xml.append("<item");
    xml::write_attribute("jid", jid, xml);
    xml.append("/>");
  }
  xml.append(added ? "</block>" : "</unblock>");
  push(xml, turn);
}

void Session::deliver_carbon(const im::Stanza& original, bool sent, engine::Turn& turn) {
  CHECK(original.kind == im::StanzaKind::message);
  const base::Bytes wrapper = sent ? "sent" : "received";
  std::string xml = "<";
  xml.append(wrapper).append(" xmlns='").append(ns::kCarbons).append("'>");
  write_forwarded(original, bare_jid(), {}, xml);
  xml.append("</").append(wrapper).push_back('>');
  im::Stanza copy;
  copy.kind = im::StanzaKind::message;
  copy.type = original.type;
  copy.facts = original.facts;
  copy.facts.carbon_wrapped = true;
  copy.from = jid().bare_jid();   // XEP-0280 §11: the only sender a client may believe
  copy.to = jid();
  copy.payload = xml;
  deliver(copy, turn);
}

}  // namespace xmpp
