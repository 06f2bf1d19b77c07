// People on both wires: XMPP clients of the node who watch each other, one each; their desk phones
// (Phones) and SIP users who watch them (Watches), behind one trunk peer; and messages both ways.
// First under faults, with a node that dies; then all heals and everybody must have been told what
// is true.
// One a world.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/phones.h"
#include "tests/sim/sip_agent.h"
#include "tests/sim/watches.h"

namespace sim {

class Wires {
 public:
  Wires(World& world, uint32_t users);

  void run(uint32_t actions);
  void heal();
  void leave();
  std::string check() const;  // after heal(): "", or what is wrong

  // What the node is to know of the trunk peer.
  static std::shared_ptr<sip::Options> options();

  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
  uint64_t messages() const { return to_sip_.size() + to_xmpp_.size(); }

 private:
  struct Sent {
    std::string to;  // bare JID
    size_t sender = 0;
    bool accepted = false;
    bool over_crash = false;
  };
  std::vector<std::string> users() const;
  int on_request(const std::string& request);
  void act();
  void tend_clients();
  void to_sip();
  void to_xmpp();
  void settle(base::Duration time);
  std::string check_protocol() const;
  std::string check_messages() const;
  std::string check_watches() const;
  std::string check_contacts() const;

  World& world_;
  std::vector<std::unique_ptr<Client>> clients_;
  SipAgent agent_;
  Phones phones_;
  Watches watches_;
  std::map<std::string, Sent> to_sip_;   // by body
  std::map<std::string, Sent> to_xmpp_;  // by body
  std::set<std::string> heard_by_sip_;   // bodies
  uint64_t last_message_ = 0;
  bool obedient_ = false;
};

}  // namespace sim
