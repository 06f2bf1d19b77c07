// Users of the simulated SIP system who watch users of the node (RFC 6665): they subscribe,
// refresh, end, ask once, and answer NOTIFY with 200, 481 or not at all. A subscription that got
// 200 lasts until it expires or somebody ends it; CSeq goes up in each dialog, over crashes, too.
// One a world.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sip_agent.h"

namespace sim {

class Watches {
 public:
  static constexpr int kLifetime = 150;  // seconds

  Watches(World& world, SipAgent& agent, const std::vector<std::string>& users)
      : world_(world), agent_(agent), users_(users) {}

  void act();
  void refresh(bool all);  // who is about to expire, or all
  void end_all();
  int on_notify(const std::string& request);
  void on_despair(const std::string& request);
  void set_obedient() { obedient_ = true; }  // from now on NOTIFY is answered 200

  // Of every subscription that lives: whom it is to, and the body of the last NOTIFY.
  struct View {
    std::string call_id;
    std::string user;
    std::string body;
  };
  std::vector<View> views() const;

  std::string trouble;
  uint64_t notified = 0;

 private:
  struct Heard {  // in one dialog
    uint32_t cseq = 0;
    std::string body;
    bool terminated = false;
  };
  struct Watch {
    std::string user;
    std::string call_id;
    std::string from;
    uint32_t cseq = 0;
    std::string tag;  // of the dialog that got 200
    bool live = false;
    bool asking = false;
    bool fresh = true;                   // the first SUBSCRIBE has no answer yet
    base::Instant expires{};             // not before
    std::map<std::string, Heard> heard;  // by the node's tag
  };
  void begin(int seconds);
  void again(Watch& watch, int seconds);
  void ask(Watch& watch, int seconds);
  void on_answer(Watch& watch, const SipAnswer& answer, int seconds);
  bool is_late() const;

  World& world_;
  SipAgent& agent_;
  const std::vector<std::string> users_;
  std::map<std::string, Watch> watches_;  // by Call-ID
  bool obedient_ = false;
};

}  // namespace sim
