#include "tests/sim/pressure.h"

#include <algorithm>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "tests/sim/client_namespaces.h"
#include "tests/sim/limits.h"

namespace sim {

void Pressure::draw_tight(WorldOptions& options, base::Prng& dice) {
  const auto draw = [&](uint64_t from, uint64_t range) {
    return static_cast<uint32_t>(from + dice.below(range));
  };
  options.im.roster_items_max = draw(3, 10);
  options.im.offline_messages_max = draw(3, 15);
  options.im.offline_waiting_bytes_max = 16384;
  options.im.user_inbox_max = draw(32, 64);
  options.im.directed_presence_max = draw(4, 8);
  options.im.block_list_max = draw(4, 8);
  options.im.sessions_per_user_max = draw(3, 6);
  options.xmpp.after_authentication.stanza_bytes = 16384;
  options.xmpp.unacked_stanzas_max = draw(50, 50);
  options.xmpp.unacked_bytes_max = 128 * 1024;
  options.xmpp.private_elements_max = draw(1, 5);
  options.xmpp.private_bytes_max = 4096;
  options.xmpp.vcard_bytes_max = 4096;
  options.net.send_soft_bytes = 64 * 1024;
  options.net.send_hard_bytes = 192 * 1024;
  options.net.connections_per_source = draw(80, 40);
}

std::string Pressure::run() {
  fill_roster();
  open_sessions();
  store_messages();
  hold_up_messages();
  direct_presence();
  block();
  break_xml_limits();
  fail_logins();
  store_privately();
  stop_reading();
  stop_acknowledging();
  connect_too_often();
  fall_silent();
  return wrong_;
}

void Pressure::leave() {
  for (auto& client : clients_) client->log_out();
}

Clients Pressure::clients() const {
  Clients all;
  for (const auto& client : clients_) all.push_back(client.get());
  return all;
}

std::string Pressure::jid(const std::string& user) const {
  return user + "." + std::to_string(world_.seed()) + "@" + world_.domain();
}

Client& Pressure::somebody(const std::string& user, const std::string& resource,
                           ClientOptions options) {
  options.user = user + "." + std::to_string(world_.seed());
  options.domain = world_.domain();
  options.password = "secret";
  options.resource = resource;
  if (std::find(accounts_.begin(), accounts_.end(), user) == accounts_.end()) {
    accounts_.push_back(user);
    world_.add_user(options.user, options.password);
  }
  clients_.push_back(std::make_unique<Client>(world_.network(), world_.clock(), world_.random(),
                                              std::move(options)));
  CHECK(clients_.back()->connect());
  rest(500);
  return *clients_.back();
}

Client& Pressure::online(const std::string& user, const std::string& resource,
                         ClientOptions options) {
  Client& client = somebody(user, resource, std::move(options));
  if (!client.online() && wrong_.empty()) wrong_ = client.bare() + " could not log in";
  client.set_presence("", "pressing", 1);
  rest(200);
  return client;
}

Client& Pressure::stranger() {
  ClientOptions options;
  options.stranger = true;
  return somebody("nobody", "p", options);
}

void Pressure::message(Client& from, const std::string& to, size_t bytes) {
  from.send("<message type='chat' id='p' to='" + to + "'><body>" + std::string(bytes, 'x') +
            "</body></message>");
}

uint64_t Pressure::told_now(const std::string& key) {
  const uint64_t total = told(clients(), key);
  uint64_t& before = told_before_[key];
  return total - std::exchange(before, total);
}

void Pressure::expect(const std::string& key, uint64_t times) {
  const uint64_t is = told_now(key);
  if (is == times || !wrong_.empty()) return;
  wrong_ = "\"" + key + "\" was said " + std::to_string(is) + " times instead of " +
           std::to_string(times);
}

void Pressure::expect_some(const std::string& key) {
  if (told_now(key) == 0 && wrong_.empty()) wrong_ = "\"" + key + "\" was never said";
}

void Pressure::fill_roster() {
  Client& client = online("collector");
  const uint32_t most = world_.options().im.roster_items_max;
  for (uint32_t i = 0; i < most + 3; ++i) {
    client.send("<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='c" +
                std::to_string(i) + "@" + world_.domain() + "'/></query></iq>");
  }
  client.send("<presence type='subscribe' to='" + jid("collector2") + "'/>");
  client.send("<presence type='subscribed' to='" + jid("collector3") + "'/>");
  rest(1000);
  expect("iq/policy-violation/The contact list is full.", 3);
  expect("presence/policy-violation/The contact list is full.", 2);
}

void Pressure::open_sessions() {
  const uint32_t most = world_.options().im.sessions_per_user_max;
  for (uint32_t i = 0; i < most + 2; ++i) somebody("many", "r" + std::to_string(i));
  rest(1000);
  expect("bind/resource-constraint", 2);
}

void Pressure::store_messages() {
  Client& sender = online("writer");
  online("absent").log_out();
  rest(1000);
  const uint32_t most = world_.options().im.offline_messages_max;
  for (uint32_t i = 0; i < most + 4; ++i) {
    message(sender, jid("absent"), 10);
    rest(20);
  }
  rest(1000);
  expect("message/service-unavailable", 4);
  expect("message/resource-constraint", 0);
}

// More than may be on its way into the store; and more than may wait for an account to be read.
void Pressure::hold_up_messages() {
  Client& sender = online("hurried");
  online("absent2").log_out();
  rest(1000);
  // In one piece, so that all of it has come before the store answers the first.
  std::string burst;
  for (int i = 0; i < 12; ++i) {
    burst += "<message type='chat' id='p' to='" + jid("absent2") + "'><body>" +
             std::string(7000, 'x') + "</body></message>";
  }
  sender.say(burst);
  rest(1000);
  expect_some("message/resource-constraint");
  somebody("unread").lose_connection(true);  // makes the account; nobody has been there
  for (int i = 0; i < 40; ++i) message(sender, jid("many"), 1);
  for (uint32_t i = 0; i < world_.options().im.user_inbox_max + 5; ++i) {
    message(sender, jid("unread"), 1);
  }
  rest(1000);
}

void Pressure::direct_presence() {
  Client& client = online("shouter");
  const uint32_t most = world_.options().im.directed_presence_max;
  for (uint32_t i = 0; i < most + 3; ++i) {
    client.send("<presence to='d" + std::to_string(i) + "@" + world_.domain() + "'/>");
  }
  rest(1000);
  expect("presence/resource-constraint/Directed presence was sent to too many addresses.", 3);
}

void Pressure::block() {
  Client& client = online("blocker");
  std::string iq = "<iq type='set' id='p'><block xmlns='urn:xmpp:blocking'>";
  for (uint32_t i = 0; i < world_.options().im.block_list_max + 1; ++i) {
    iq += "<item jid='b" + std::to_string(i) + "@" + world_.domain() + "'/>";
  }
  client.send(iq + "</block></iq>");
  rest(1000);
  expect("iq/policy-violation/The block list is full.", 1);
}

void Pressure::break_xml_limits() {
  const std::string open = "<message to='" + jid("writer") + "'><body>";
  const std::string close = "</body></message>";
  std::string deep;
  std::string attributes;
  for (int i = 0; i < 70; ++i) {
    deep += "<a>";
    attributes += " a" + std::to_string(i) + "=''";
  }
  for (const std::string& xml :
       {open + std::string(20000, 'x') + close, open + deep, open + "<a" + attributes + "/>",
        open + "<" + std::string(300, 'n') + "/>"}) {
    online("breaker").say(xml);
    rest(1000);
  }
  expect("stream/policy-violation", 4);
  Client& early = stranger();
  early.say(stream_header(world_.domain()));
  early.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
            std::string(11000, 'x'));
  rest(1000);
  expect("stream/policy-violation", 1);
}

void Pressure::fail_logins() {
  Client& guesser = stranger();
  guesser.say(stream_header(world_.domain()));
  const std::string user = "writer." + std::to_string(world_.seed());
  const uint32_t most = world_.options().xmpp.authentication_failures_max;
  for (uint32_t i = 0; i < most; ++i) {
    std::string encoded;
    base::base64_encode('\0' + user + '\0' + "guess" + std::to_string(i), encoded);
    guesser.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + encoded +
                "</auth>");
    rest(200);
  }
  rest(1000);
  expect("sasl/not-authorized", most);
  expect("stream/policy-violation/too many failed attempts to log in", 1);
}

void Pressure::store_privately() {
  Client& client = online("hoarder");
  const auto keep = [&](const std::string& name, size_t bytes) {
    client.send("<iq type='set' id='p'><query xmlns='jabber:iq:private'><" + name +
                " xmlns='press'>" + std::string(bytes, 'x') + "</" + name + "></query></iq>");
  };
  const uint32_t most = world_.options().xmpp.private_elements_max;
  for (uint32_t i = 0; i < most + 2; ++i) keep("e" + std::to_string(i), 10);
  keep("big", 5000);
  client.send("<iq type='set' id='p'><vCard xmlns='vcard-temp'><NOTE>" + std::string(5000, 'x') +
              "</NOTE></vCard></iq>");
  rest(1000);
  expect("iq/resource-constraint", 2);
  expect("iq/not-acceptable/the element is too big", 1);
  expect("iq/not-acceptable/the vCard is too big", 1);
}

}  // namespace sim
