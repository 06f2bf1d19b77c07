// One client of a scenario: a connection, what it says of itself, and what has come and not yet
// been looked at. Knows just enough of RFC 6120 to log in.
// Belongs to one run of one script.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "engine/base/random.h"
#include "tests/scenario/runner/tree.h"
#include "tests/scenario/runner/wire.h"

namespace scenario {

// Why a scenario cannot go on; thrown through the runner, which adds the line.
struct Failure {
  std::string what;
};

struct Account {
  std::string user;
  std::string password;
  std::string domain;
  std::string bare() const { return user + '@' + domain; }
};

class Client {
 public:
  Client(Wire& wire, Account account, std::string resource, base::Random& random);
  ~Client();

  void open();    // ends with the features at the front of `received`, under TLS if that is asked
  void log_in();  // the same, of the authenticated stream
  void bind();    // takes the features; afterwards full_jid is known
  void resume();  // XEP-0198 §5
  void register_account();  // XEP-0077 on a stream of its own, which ends
  void disconnect();
  void cut();

  void send(const std::string& xml);
  Tree next();                           // throws if nothing comes
  bool pump();                           // false: quiet or closed
  Tree await_iq(const std::string& id);  // takes that answer out of what comes
  void await_end();                      // throws if the server does not end the stream

  const Account& account() const { return account_; }
  const std::string& full_jid() const { return full_jid_; }
  bool connected() const { return connection_ >= 0; }
  bool bound() const { return connected() && bound_; }
  std::string barrier_id();

  std::deque<Tree> received;

 private:
  void restart();
  void authenticate(const Tree& features);
  void scram();
  void plain();
  Tree expect(const std::string& ns, const std::string& local);
  void note(const Tree& element);

  Wire& wire_;
  Account account_;
  std::string resource_;
  base::Random& random_;
  std::unique_ptr<StreamParser> parser_;
  std::string full_jid_;
  std::string resume_id_;
  uint32_t handled_ = 0;  // stanzas since <enabled/>
  uint32_t barriers_ = 0;
  int connection_ = -1;
  bool bound_ = false;
  bool managed_ = false;
  bool secured_ = false;
};

}  // namespace scenario
