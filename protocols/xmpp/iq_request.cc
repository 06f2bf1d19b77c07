#include "protocols/xmpp/iq_request.h"

#include <utility>

#include "engine/base/check.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

// The answer to `iq`, addressed back; `payload` stays the caller's.
im::Stanza answer_to(const im::Stanza& iq, im::StanzaType type, base::Bytes payload) {
  CHECK(iq.kind == im::StanzaKind::iq && !iq.id.empty());
  im::Stanza answer;
  answer.kind = im::StanzaKind::iq;
  answer.type = type;
  answer.from = iq.to;
  answer.to = iq.from;
  answer.id = iq.id;
  answer.payload = payload;
  return answer;
}

std::string error_xml(im::ErrorCondition condition, base::Bytes text) {
  std::string xml;
  im::write(im::error(condition, text), xml);
  return xml;
}

void send_early(const ReplyAddress& reply, im::StanzaType type, base::Bytes payload,
                engine::Turn& turn) {
  CHECK(reply.service != nullptr);
  Stream* stream = reply.service->find_waiting(reply.ticket);
  if (stream == nullptr) return;   // it has gone, or went on to log in
  reply.service->drop_ticket(reply.ticket);
  im::Stanza answer;
  answer.kind = im::StanzaKind::iq;
  answer.type = type;
  answer.from = jid::JidView::trusted(reply.from);
  answer.id = reply.id;
  answer.payload = payload;
  stream->send(answer, turn);
}

void send(const ReplyAddress& reply, im::StanzaType type, base::Bytes payload, im::Realm& realm,
          engine::Turn& turn) {
  if (reply.ticket != 0) return send_early(reply, type, payload, turn);
  CHECK(!reply.to.empty() && !reply.id.empty());
  im::Stanza answer;
  answer.kind = im::StanzaKind::iq;
  answer.type = type;
  answer.from = jid::JidView::trusted(reply.from);
  answer.to = jid::JidView::trusted(reply.to);
  answer.id = reply.id;
  answer.payload = payload;
  realm.route(answer, turn);
}

}  // namespace

void send_result(const ReplyAddress& reply, base::Bytes payload_xml, im::Realm& realm,
                 engine::Turn& turn) {
  send(reply, im::StanzaType::result, payload_xml, realm, turn);
}

void send_error(const ReplyAddress& reply, im::ErrorCondition condition, im::Realm& realm,
                engine::Turn& turn) {
  send(reply, im::StanzaType::error, error_xml(condition, {}), realm, turn);
}

// A hook that neither answers nor takes the address would leave the client waiting for ever.
IqRequest::~IqRequest() { CHECK(answered_); }

void IqRequest::reply(const im::Stanza& answer) {
  CHECK(!std::exchange(answered_, true));
  if (session != nullptr) {
    session->deliver(answer, turn);
  } else {
    realm.route(answer, turn);
  }
}

void IqRequest::result(base::Bytes payload_xml) {
  reply(answer_to(stanza, im::StanzaType::result, payload_xml));
}

void IqRequest::error(im::ErrorCondition condition, base::Bytes text) {
  const std::string xml = error_xml(condition, text);
  reply(answer_to(stanza, im::StanzaType::error, xml));
}

ReplyAddress IqRequest::later() {
  CHECK(!std::exchange(answered_, true));
  return {std::string(stanza.from.full()), std::string(stanza.to.full()), std::string(stanza.id)};
}

EarlyIqRequest::~EarlyIqRequest() { CHECK(answered_); }

void EarlyIqRequest::result(base::Bytes payload_xml) {
  CHECK(!std::exchange(answered_, true));
  stream_.send(answer_to(stanza, im::StanzaType::result, payload_xml), turn);
}

void EarlyIqRequest::error(im::ErrorCondition condition, base::Bytes text) {
  CHECK(!std::exchange(answered_, true));
  const std::string xml = error_xml(condition, text);
  stream_.send(answer_to(stanza, im::StanzaType::error, xml), turn);
}

ReplyAddress EarlyIqRequest::later() {
  CHECK(!std::exchange(answered_, true));
  Service& service = stream_.service();
  ReplyAddress reply{"", std::string(stanza.to.full()), std::string(stanza.id)};
  reply.service = &service;
  reply.ticket = service.take_ticket(stream_);
  return reply;
}

}  // namespace xmpp
