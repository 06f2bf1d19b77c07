// Desk phones, as a call manager tells of them: one publication each (RFC 3903), that begins,
// changes, is refreshed and removed, all by the simulated SipAgent. What got 200 is there until it
// expires: its tag must be known, over crashes, too.
// One a world.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/sim/sip_agent.h"

namespace sim {

class Phones {
 public:
  static constexpr int kLifetime = 90;  // seconds

  // One phone each for these users, bare JIDs, and a second one for every other.
  Phones(World& world, SipAgent& agent, const std::vector<std::string>& users);

  void act();      // one random phone does something
  void refresh();  // who is about to expire is refreshed
  void change_all(bool busy);
  void remove_all();
  // The notes of this user's publications, and whether one of them is busy.
  std::set<std::string> notes_of(const std::string& user) const;
  bool busy(const std::string& user) const;

  std::string trouble;
  uint64_t accepted = 0;

 private:
  struct Phone {
    std::string user;
    std::string tag;  // "": there is no publication, as far as is known
    std::string note;
    bool busy = false;
    bool asking = false;
    base::Instant expires{};  // not before
  };
  void publish(Phone& phone, int seconds, bool with_body, bool busy);
  void on_answer(Phone& phone, const SipAnswer& answer, const Phone& wanted, int seconds);

  World& world_;
  SipAgent& agent_;
  std::vector<Phone> phones_;
};

}  // namespace sim
