#include "tests/sim/wires.h"

#include <algorithm>

namespace sim {
namespace {

std::vector<std::unique_ptr<Client>> make_clients(World& world, uint32_t users) {
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < users; ++i) {
    ClientOptions options;
    options.user = "user" + std::to_string(i) + "." + std::to_string(world.seed());
    options.domain = world.domain();
    options.password = "secret";
    options.resource = "r";
    options.stream_management = true;
    world.add_user(options.user, options.password);
    clients.push_back(
        std::make_unique<Client>(world.network(), world.clock(), world.random(), options));
  }
  return clients;
}

// All notes of phones in a document.
std::set<std::string> notes_in(const std::string& body) {
  std::set<std::string> notes;
  for (size_t at = body.find(">note"); at != std::string::npos; at = body.find(">note", at + 1)) {
    notes.insert(body.substr(at + 1, body.find('<', at + 1) - at - 1));
  }
  return notes;
}

std::string show(const std::set<std::string>& notes) {
  std::string text = "{";
  for (const std::string& note : notes) text += " " + note;
  return text + " }";
}

}  // namespace

std::shared_ptr<sip::Options> Wires::options() {
  auto options = std::make_shared<sip::Options>();
  options->sent_by = "sim.example";
  sip::TrunkPeer peer;
  peer.id = 1;
  peer.domains = {"sip.example"};
  peer.address = base::parse_address("192.0.2.1", 5060);
  peer.datagrams = peer.publishes = peer.watches = true;
  options->peers = {peer};
  return options;
}

std::vector<std::string> Wires::users() const {
  std::vector<std::string> users;
  for (const auto& client : clients_) users.push_back(client->bare());
  return users;
}

Wires::Wires(World& world, uint32_t count)
    : world_(world),
      clients_(make_clients(world, count)),
      agent_(world),
      phones_(world, agent_, users()),
      watches_(world, agent_, users()) {
  agent_.on_request = [this](const std::string& request) { return on_request(request); };
  agent_.on_despair = [this](const std::string& request) { watches_.on_despair(request); };
}

int Wires::on_request(const std::string& request) {
  if (request.starts_with("NOTIFY ")) return watches_.on_notify(request);
  if (!request.starts_with("MESSAGE ")) return 405;
  if (!obedient_ && world_.random().below(20) == 0) return 480;
  heard_by_sip_.insert(SipAgent::body_of(request));
  return 200;
}

void Wires::tend_clients() {
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client& client = *clients_[i];
    if (client.phase() == Phase::offline) client.connect();
    if (!client.online()) continue;
    for (const std::string& from : client.requests) {
      client.send("<presence to='" + from + "' type='subscribed'/>");
    }
    client.requests.clear();
    if (!client.presence.empty()) continue;
    client.set_presence("", "here", 1);
    client.send("<presence to='" + clients_[(i + 1) % clients_.size()]->bare() +
                "' type='subscribe'/>");
  }
}

void Wires::to_sip() {
  const size_t who = world_.random().below(clients_.size());
  if (!clients_[who]->online()) return;
  const std::string body = "x" + std::to_string(++last_message_) + ".";
  to_sip_[body] = {.to = "watcher1@sip.example", .sender = who};
  clients_[who]->send_message("watcher1@sip.example", body);
}

void Wires::to_xmpp() {
  const std::string body = "s" + std::to_string(++last_message_) + ".";
  const std::string to = clients_[world_.random().below(clients_.size())]->bare();
  to_xmpp_[body] = {.to = to};
  SipRequest request{.method = "MESSAGE", .uri = "sip:" + to};
  request.from = "<sip:watcher1@sip.example>;tag=" + agent_.new_id("f");
  request.to = "<sip:" + to + ">";
  request.call_id = agent_.new_id("m");
  request.fields = "Content-Type: text/plain\r\n";
  request.body = body;
  agent_.ask(request, [this, body](const SipAnswer& answer) {
    to_xmpp_[body].accepted = answer.status / 100 == 2;
    to_xmpp_[body].over_crash = answer.over_crash;
  });
}

void Wires::act() {
  tend_clients();
  phones_.refresh();
  watches_.refresh(false);
  const uint64_t dice = world_.random().below(10);
  if (dice < 4) return phones_.act();
  if (dice < 7) return watches_.act();
  if (dice < 8) return to_xmpp();
  to_sip();
}

void Wires::run(uint32_t actions) {
  for (uint32_t i = 0; i < actions; ++i) {
    act();
    world_.tempt_fate();
    world_.run_for(base::Duration::microseconds(static_cast<int64_t>(
        world_.random().below(world_.random().below(20) == 0 ? 10000000 : 300000))));
  }
}

void Wires::settle(base::Duration time) {
  const base::Instant end = world_.clock().now() + time;
  while (world_.clock().now() < end) {
    tend_clients();
    phones_.refresh();
    watches_.refresh(false);
    world_.run_for(base::Duration::seconds(1));
  }
}

// Long enough for publications to expire of which nobody knows that they are there.
void Wires::heal() {
  world_.calm();
  obedient_ = true;
  watches_.set_obedient();
  settle(base::Duration::seconds(40));
  watches_.refresh(true);
  settle(base::Duration::seconds(Phones::kLifetime + 40));
  for (const bool busy : {true, false, true}) {
    phones_.change_all(busy);
    settle(base::Duration::seconds(2));
  }
  phones_.act();
  settle(base::Duration::seconds(5));
}

void Wires::leave() {
  phones_.remove_all();
  watches_.end_all();
  world_.run_for(base::Duration::seconds(5));
  for (const auto& client : clients_) client->log_out();
}

std::string Wires::check() const {
  std::string wrong = check_protocol();
  if (wrong.empty()) wrong = check_messages();
  if (wrong.empty()) wrong = check_watches();
  if (wrong.empty()) wrong = check_contacts();
  return wrong;
}

std::string Wires::check_protocol() const {
  for (const std::string* trouble : {&agent_.trouble, &phones_.trouble, &watches_.trouble}) {
    if (!trouble->empty()) return *trouble;
  }
  for (const auto& client : clients_) {
    if (!client->trouble.empty()) return client->bare() + ": " + client->trouble;
  }
  if (agent_.asking() != 0) return "SIP requests have no answer yet";
  return {};
}

std::string Wires::check_messages() const {
  for (const auto& [body, sent] : to_sip_) {
    const Client& sender = *clients_[sent.sender];
    const bool bounced =
        std::find(sender.bounced.begin(), sender.bounced.end(), body) != sender.bounced.end();
    if (bounced || heard_by_sip_.contains(body) || !sender.acknowledged.contains(body)) continue;
    return body + " from " + sender.bare() + " was acknowledged and is lost";
  }
  for (const auto& [body, sent] : to_xmpp_) {
    size_t times = 0;
    for (const auto& client : clients_) {
      for (const Received& heard : client->messages) {
        if (heard.body != body) continue;
        if (client->bare() != sent.to) return body + " was heard by " + client->bare();
        ++times;
      }
    }
    if (times > 1 && world_.crashes().empty()) return body + " came twice";
    if (times > 0 || !sent.accepted) continue;
    return body + " to " + sent.to + " got 2xx and is lost";
  }
  return {};
}

std::string Wires::check_watches() const {
  for (const Watches::View& view : watches_.views()) {
    const std::set<std::string> told = notes_in(view.body);
    const std::set<std::string> truth = phones_.notes_of(view.user);
    if (told == truth) continue;
    return view.call_id + " was told of " + view.user + " " + show(told) + ", the truth is " +
           show(truth);
  }
  return {};
}

// An XMPP contact sees the phone while it makes its user busier than she says herself.
std::string Wires::check_contacts() const {
  for (const auto& watcher : clients_) {
    for (const auto& contact : clients_) {
      const auto item = watcher->roster.find(contact->bare());
      const bool sees =
          item != watcher->roster.end() && (item->second == "to" || item->second == "both");
      const auto other = contact->roster.find(watcher->bare());
      const bool shown =
          other != contact->roster.end() && (other->second == "from" || other->second == "both");
      if (sees != shown || !sees) continue;
      const bool told = watcher->available.contains(contact->bare() + "/phone");
      if (told == phones_.busy(contact->bare())) continue;
      return watcher->bare() + (told ? " sees a phone of " : " sees no phone of ") +
             contact->bare();
    }
  }
  return {};
}

}  // namespace sim
