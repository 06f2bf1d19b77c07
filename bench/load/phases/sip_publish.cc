#include "bench/load/phases/sip_publish.h"

namespace load {

std::string presence_body(std::string_view entity, uint32_t state) {
  std::string body =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
      "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
      "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"";
  body.append(entity).append("\"><tuple id=\"t1\"><status><basic>open</basic></status><note>");
  body.append(hexadecimal(state));
  body.append("</note></tuple><dm:person id=\"p1\"><rpid:activities><rpid:on-the-phone/>");
  body.append("</rpid:activities></dm:person></presence>\n");
  return body;
}

uint32_t SipPublisher::publish(uint32_t place, Publication& publication, What what, int64_t now,
                               uint32_t parties) {
  fields_ = "Event: presence\r\n";
  fields_.append(what == What::remove ? "Expires: 0\r\n" : "Expires: 3600\r\n");
  if (!publication.etag.empty()) {
    fields_.append("SIP-If-Match: ").append(publication.etag).append("\r\n");
  }
  publication.removed = what == What::remove;
  std::string body;
  if (what == What::publish) {
    fields_.append("Content-Type: application/pidf+xml\r\n");
    body = presence_body(publication.uri, publication.cseq);
  }
  const std::string address = "<" + publication.uri + ">";
  const std::string from = address + ";tag=" + publication.call;
  return send(place,
              {.method = "PUBLISH",
               .uri = publication.uri,
               .from = from,
               .to = address,
               .call_id = publication.call,
               .cseq = ++publication.cseq,
               .fields = fields_,
               .body = body},
              now, parties);
}

void SipPublisher::remember(Publication& publication, const sip::Message& answer) {
  publication.etag = publication.removed ? "" : answer.value(sip::HeaderId::sip_etag);
  if (!publication.removed && publication.etag.empty())
    fail("SIP: a PUBLISH was answered without SIP-ETag");
}

void SipPublish::begin(int64_t now) {
  lives_.resize(places());
  for (uint32_t place = 0; place < lives_.size(); ++place) go_on(place, now);
}

void SipPublish::go_on(uint32_t place, int64_t now) {
  Publication& life = lives_[place];
  if (life.etag.empty()) {
    if (ended(now)) return;
    life = {.uri = next_user(), .call = "p" + hexadecimal(++begun_)};
  }
  const bool last = life.cseq + 1 == kRequestsALife || ended(now);
  publish(place, life, last ? What::remove : What::publish, now);
}

void SipPublish::on_answer(uint32_t place, const sip::Message& answer, int64_t) {
  remember(lives_[place], answer);
}

void SipPublish::on_heard(uint32_t place, int64_t sent, int64_t now) {
  count(sent, now);
  go_on(place, now);
}

}  // namespace load
