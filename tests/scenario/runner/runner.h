// Plays a script against a server over a Wire and compares what comes with what is written.
// One per run; accounts are fresh for every script, so scripts do not see each other.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/base/random.h"
#include "tests/scenario/runner/client.h"
#include "tests/scenario/runner/match.h"
#include "tests/scenario/runner/script.h"
#include "tests/scenario/runner/wire.h"

namespace scenario {

struct Outcome {
  bool passed = false;
  bool skipped = false;  // the server lacks something the script needs
  std::string what;      // "line 12: romeo: …"
};

struct RunnerOptions {
  std::string domain = "localhost";
  std::set<std::string> switched_on;  // what scripts may `need`
};

class Runner {
 public:
  Runner(Wire& wire, RunnerOptions options, base::Random& random);
  Outcome run(const Script& script);
  Outcome run_file(const std::string& path);

 private:
  void prepare(const Script& script);
  void add_account(const std::string& role);
  void play(const Step& step);
  void receive(Client& client, const Step& step);
  void receive_any_order(Client& client, const Step& step);
  void receive_nothing(Client& client);
  void befriend(const std::string& first, const std::string& second);
  void subscribe(Client& from, Client& to);
  void settle();
  std::string filled_in(const std::string& text) const;
  Client& client(const std::string& label);
  void learn(const std::string& label, const Client& client);

  Wire& wire_;
  RunnerOptions options_;
  base::Random& random_;
  std::map<std::string, Account> accounts_;                 // by role
  std::map<std::string, std::unique_ptr<Client>> clients_;  // by label: role or role/resource
  std::map<std::string, std::string> variables_;            // "$romeo_full" -> …
  Captures captures_;
};

}  // namespace scenario
