#include "tests/sim/phones.h"

namespace sim {
namespace {

std::string document(const std::string& user, const std::string& note, bool busy) {
  const std::string activity = busy ? "<activities><busy/></activities>" : "";
  return "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:" + user +
         "'><tuple id='t'><status><basic>open</basic></status><note>" + note +
         "</note></tuple><person xmlns='urn:ietf:params:xml:ns:pidf:data-model' id='p'>" +
         activity + "</person></presence>";
}

}  // namespace

Phones::Phones(World& world, SipAgent& agent, const std::vector<std::string>& users)
    : world_(world), agent_(agent) {
  for (size_t i = 0; i < users.size(); ++i) {
    for (size_t n = i % 2; n < 2; ++n) phones_.push_back({.user = users[i]});
  }
}

void Phones::act() {
  Phone& phone = phones_[world_.random().below(phones_.size())];
  if (phone.asking) return;
  const uint64_t dice = world_.random().below(10);
  const bool busy = world_.random().below(2) == 0;
  if (phone.tag.empty() || dice < 6) return publish(phone, kLifetime, true, busy);
  if (dice < 8) return publish(phone, kLifetime, false, phone.busy);
  publish(phone, 0, false, false);
}

void Phones::refresh() {
  for (Phone& phone : phones_) {
    if (phone.tag.empty() || phone.asking) continue;
    if (phone.expires - world_.clock().now() > base::Duration::seconds(40)) continue;
    publish(phone, kLifetime, false, phone.busy);
  }
}

void Phones::change_all(bool busy) {
  for (Phone& phone : phones_) {
    if (!phone.asking) publish(phone, kLifetime, true, busy);
  }
}

void Phones::remove_all() {
  for (Phone& phone : phones_) {
    if (!phone.asking && !phone.tag.empty()) publish(phone, 0, false, false);
  }
}

void Phones::publish(Phone& phone, int seconds, bool with_body, bool busy) {
  phone.asking = true;
  Phone wanted = phone;
  wanted.busy = busy;
  SipRequest request{.method = "PUBLISH", .uri = "sip:" + phone.user};
  request.from = "<sip:desk@sip.example>;tag=" + agent_.new_id("f");
  request.to = "<sip:" + phone.user + ">";
  request.call_id = agent_.new_id("p");
  request.fields = "Event: presence\r\nExpires: " + std::to_string(seconds) + "\r\n";
  if (!phone.tag.empty()) request.fields += "SIP-If-Match: " + phone.tag + "\r\n";
  if (with_body) {
    wanted.note = agent_.new_id("note") + ".";
    request.fields += "Content-Type: application/pidf+xml\r\n";
    request.body = document(phone.user, wanted.note, busy);
  }
  agent_.ask(request, [this, &phone, wanted, seconds](const SipAnswer& answer) {
    on_answer(phone, answer, wanted, seconds);
  });
}

void Phones::on_answer(Phone& phone, const SipAnswer& answer, const Phone& wanted, int seconds) {
  phone.asking = false;
  if (answer.status == 200) {
    ++accepted;
    phone = wanted;
    phone.asking = false;
    phone.tag = seconds == 0 ? "" : SipAgent::field(answer.text, "SIP-ETag");
    phone.expires = answer.asked + base::Duration::seconds(seconds);
    return;
  }
  const bool alive = !wanted.tag.empty() && world_.clock().now() < wanted.expires;
  if (answer.status == 412 && alive && !answer.over_crash) {
    trouble = wanted.user + " had a publication that is lost: " + answer.text;
  }
  // Refused for want of room, it is what it was. Else nobody knows; it will expire.
  if (answer.status != 503 || answer.over_crash) phone.tag.clear();
}

std::set<std::string> Phones::notes_of(const std::string& user) const {
  std::set<std::string> notes;
  for (const Phone& phone : phones_) {
    if (phone.user == user && !phone.tag.empty()) notes.insert(phone.note);
  }
  return notes;
}

bool Phones::busy(const std::string& user) const {
  for (const Phone& phone : phones_) {
    if (phone.user == user && !phone.tag.empty() && phone.busy) return true;
  }
  return false;
}

}  // namespace sim
