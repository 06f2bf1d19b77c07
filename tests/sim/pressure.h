// People who reach every limit that a node tells its clients of, on purpose, one after the other
// and in calm weather: so that what they are told can be held against the counters (limits.h).
// One per world, after the crowd has healed; needs limits as tight as draw_tight() makes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/order.h"
#include "tests/sim/world.h"

namespace sim {

class Pressure {
 public:
  explicit Pressure(World& world) : world_(world) {}

  static void draw_tight(WorldOptions& options, base::Prng& dice);

  std::string run();  // "", or what was not refused as often as it should have been
  void leave();
  Clients clients() const;

 private:
  Client& somebody(const std::string& user, const std::string& resource = "p",
                   ClientOptions options = {});
  Client& online(const std::string& user, const std::string& resource = "p",
                 ClientOptions options = {});
  Client& stranger();
  std::string jid(const std::string& user) const;
  void message(Client& from, const std::string& to, size_t bytes);
  void rest(int64_t milliseconds) { world_.run_for(base::Duration::milliseconds(milliseconds)); }
  // How often the last step was told of `key`, against how often it should have been.
  void expect(const std::string& key, uint64_t times);
  void expect_some(const std::string& key);
  uint64_t told_now(const std::string& key);

  void fill_roster();
  void open_sessions();
  void store_messages();
  void hold_up_messages();
  void direct_presence();
  void block();
  void break_xml_limits();
  void fail_logins();
  void store_privately();
  void stop_reading();
  void stop_acknowledging();
  void connect_too_often();
  void fall_silent();

  World& world_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> accounts_;
  std::map<std::string, uint64_t> told_before_;
  std::string wrong_;
};

}  // namespace sim
