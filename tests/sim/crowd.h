// A crowd of simulated people: they log in, add each other, change presence, chat, lose their
// connections and come back. First under faults, then everything heals and the world must agree
// with itself (DESIGN 6: safety, then convergence in bounded time).
// One per world; the random choices come from the world's one generator.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/world.h"

namespace sim {

struct CrowdOptions {
  uint32_t users = 8;
  uint32_t clients_per_user_max = 2;
  uint32_t actions = 400;
  uint32_t managed_percent = 50;  // clients with stream management
  uint32_t carbons_percent = 50;  // … with carbons
  // Chance in a hundred that after a restart everybody comes back at once and talks, to a node that
  // often dies in the middle of it.
  uint32_t stampede_percent = 0;
};

struct SentMessage {
  std::string body;
  std::string to_user;  // bare JID
  uint32_t sender = 0;  // index of the client
};

class Crowd {
 public:
  Crowd(World& world, const CrowdOptions& options);

  void act();  // one random action of one random person
  void stampede();
  // The faulty phase: all actions, time passing in between. "", or which limit was passed.
  std::string run();
  void heal();    // calm weather, everybody logs in, quiet
  void leave();   // everybody logs out
  void vanish();  // … or just goes, without a word

  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  const std::vector<SentMessage>& sent() const { return sent_; }
  bool refused() const;  // a limit or the store made the server refuse some message
  // A message was refused because the journal had no room for it; nor has it for the answer.
  bool refused_by_journal() const;
  const CrowdOptions& options() const { return options_; }

 private:
  std::string user_name(uint32_t number) const;
  Client& anybody();
  std::string somebody();  // a bare JID
  void answer_requests(Client& client);
  void online_action(Client& client);
  void connect(Client& client);
  std::string next_status();
  SentMessage& note(Client& client, std::string to);
  void change_presence(Client& client);
  void say_presence(Client& client);
  void change_subscription(Client& client);
  void chat(Client& client);
  void break_connection(Client& client);

  World& world_;
  CrowdOptions options_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<SentMessage> sent_;
  uint64_t next_message_ = 0;
  uint64_t next_status_ = 0;
  size_t crashes_seen_ = 0;
  uint32_t stampede_left_ = 0;  // actions
  const uint64_t bounced_before_;
  const uint64_t no_room_before_;
};

}  // namespace sim
