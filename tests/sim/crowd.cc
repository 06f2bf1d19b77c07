#include "tests/sim/crowd.h"

#include "engine/trace/counters.h"
#include "tests/sim/limits.h"

namespace sim {

// The seed is part of the name, so that seeds differ in who lives on which shard.
std::string Crowd::user_name(uint32_t number) const {
  return "user" + std::to_string(number) + "." + std::to_string(world_.seed());
}

Crowd::Crowd(World& world, const CrowdOptions& options)
    : world_(world),
      options_(options),
      bounced_before_(trace::total(trace::Counter::im_stanzas_bounced)),
      no_room_before_(trace::total(trace::Counter::im_journal_full)) {
  base::Prng& random = world.random();
  for (uint32_t user = 0; user < options.users; ++user) {
    world.add_user(user_name(user), "secret" + std::to_string(user));
    const uint64_t count = 1 + random.below(options.clients_per_user_max);
    for (uint64_t i = 0; i < count; ++i) {
      ClientOptions client;
      client.user = user_name(user);
      client.domain = world.domain();
      client.password = "secret" + std::to_string(user);
      client.resource = "r" + std::to_string(i);
      client.stream_management = random.below(100) < options.managed_percent;
      client.scram = random.below(4) == 0;
      client.eager = random.below(4) == 0;
      client.headlong = random.below(4) == 0;
      client.carbons = random.below(100) < options.carbons_percent;
      clients_.push_back(
          std::make_unique<Client>(world.network(), world.clock(), random, std::move(client)));
    }
  }
}

Client& Crowd::anybody() { return *clients_[world_.random().below(clients_.size())]; }

std::string Crowd::somebody() {
  return user_name(static_cast<uint32_t>(world_.random().below(options_.users))) + "@" +
         world_.domain();
}

std::string Crowd::run() {
  for (uint32_t i = 0; i < options_.actions; ++i) {
    if (world_.up() && world_.crashes().size() > crashes_seen_) {
      crashes_seen_ = world_.crashes().size();
      stampede_left_ = world_.random().below(100) < options_.stampede_percent ? 40 : 0;
    }
    if (stampede_left_ > 0) {
      stampede();
    } else {
      act();
      world_.tempt_fate();
      world_.run_for(base::Duration::microseconds(static_cast<int64_t>(
          world_.random().below(world_.random().below(20) == 0 ? 3000000 : 20000))));
    }
    if (i % 16 != 0 || !world_.up()) continue;
    const std::string wrong = check_bounds(world_);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

void Crowd::stampede() {
  --stampede_left_;
  for (auto& client : clients_) {
    if (client->phase() == Phase::offline) connect(*client);
    if (client->online() && world_.random().below(2) == 0) chat(*client);
  }
  if (world_.random().below(20) == 0) world_.tempt_fate_hard();
  world_.run_for(base::Duration::microseconds(
      static_cast<int64_t>(world_.random().below(world_.random().below(2) == 0 ? 3000 : 100000))));
}

void Crowd::act() {
  Client& client = anybody();
  if (client.phase() == Phase::offline) {
    connect(client);
  } else if (client.online()) {
    online_action(client);
  } else if (world_.random().below(20) == 0) {
    client.lose_connection(world_.random().below(2) == 0);  // in the middle of logging in
  }
}

void Crowd::online_action(Client& client) {
  answer_requests(client);
  const uint64_t dice = world_.random().below(100);
  if (dice < 30) {
    chat(client);
  } else if (dice < 60 || client.presence.empty()) {
    change_presence(client);
  } else if (dice < 85) {
    change_subscription(client);
  } else {
    break_connection(client);
  }
}

// Some say what they have to say before they know that they are in.
void Crowd::connect(Client& client) {
  client.ahead.clear();
  client.ahead_status.clear();
  if (client.options().headlong && !client.resumable()) {
    client.ahead_status = next_status();
    for (uint64_t n = world_.random().below(4); n > 0; --n) {
      const SentMessage& message = note(client, somebody());
      client.ahead.push_back({message.to_user, message.body});
    }
  }
  client.connect();
}

std::string Crowd::next_status() { return "s" + std::to_string(next_status_++); }

void Crowd::answer_requests(Client& client) {
  for (const std::string& from : client.requests) {
    const char* answer = world_.random().below(4) == 0 ? "unsubscribed" : "subscribed";
    client.send("<presence to='" + from + "' type='" + answer + "'/>");
  }
  client.requests.clear();
}

void Crowd::change_presence(Client& client) {
  const uint64_t dice = world_.random().below(12);
  if (client.presence.empty() || dice > 1) {
    if (client.settled()) say_presence(client);
  } else if (dice == 0) {
    client.become_unavailable(next_status());
  } else {  // gone and back in one breath: nothing of it may take the place of what came before
    say_presence(client);
    client.become_unavailable(next_status());
    say_presence(client);
  }
}

void Crowd::say_presence(Client& client) {
  static constexpr const char* kShows[] = {"", "away", "xa", "dnd", "chat"};
  client.set_presence(kShows[world_.random().below(5)], next_status(),
                      static_cast<int>(world_.random().below(5)));
}

void Crowd::change_subscription(Client& client) {
  const std::string other = somebody();
  if (other == client.bare()) return;
  const uint64_t dice = world_.random().below(100);
  if (dice < 60) {
    client.send("<presence to='" + other + "' type='subscribe'/>");
  } else if (dice < 70) {
    client.send("<presence to='" + other + "' type='unsubscribe'/>");
  } else if (dice < 80) {
    client.send("<presence to='" + other + "' type='unsubscribed'/>");
  } else if (dice < 90) {
    client.send("<presence to='" + other + "' type='subscribed'/>");  // pre-approval
  } else {
    const char* change = world_.random().below(2) == 0 ? " subscription='remove'" : " name='x'";
    client.send("<iq type='set' id='set'><query xmlns='jabber:iq:roster'><item jid='" + other +
                "'" + change + "/></query></iq>");
  }
}

SentMessage& Crowd::note(Client& client, std::string to) {
  SentMessage message;
  message.to_user = std::move(to);
  message.body = "m" + std::to_string(next_message_++);
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].get() == &client) message.sender = i;
  }
  sent_.push_back(message);
  return sent_.back();
}

void Crowd::chat(Client& client) {
  std::string to = somebody();
  const SentMessage& message = note(client, to);
  if (world_.random().below(4) == 0) to += "/r" + std::to_string(world_.random().below(2));
  client.send_message(to, message.body);
}

void Crowd::break_connection(Client& client) {
  const uint64_t dice = world_.random().below(4);
  if (dice == 0) {
    client.log_out();
  } else if (dice == 1) {
    client.stall(true);
  } else {
    client.lose_connection(dice == 2);
  }
}

void Crowd::heal() {
  world_.calm();
  for (auto& client : clients_) client->stall(false);
  world_.run_for(base::Duration::seconds(2));
  for (int round = 0; round < 4; ++round) {
    for (auto& client : clients_) {
      if (client->phase() == Phase::offline) connect(*client);
    }
    world_.run_for(base::Duration::seconds(5));
    for (auto& client : clients_) {
      if (!client->online()) continue;
      answer_requests(*client);
      if (client->presence.empty()) client->set_presence("", next_status(), 1);
    }
    world_.run_for(base::Duration::seconds(5));
  }
  for (auto& client : clients_) {
    if (client->online()) client->ask_for_roster();
  }
  world_.run_for(base::Duration::seconds(5));
}

bool Crowd::refused() const {
  return trace::total(trace::Counter::im_stanzas_bounced) > bounced_before_;
}

bool Crowd::refused_by_journal() const {
  return trace::total(trace::Counter::im_journal_full) > no_room_before_;
}

void Crowd::leave() {
  for (auto& client : clients_) client->log_out();
}

void Crowd::vanish() {
  for (auto& client : clients_) {
    if (world_.random().below(2) == 0) {
      client->lose_connection(true);
    } else {
      client->log_out();
    }
  }
}

}  // namespace sim
