// What a scenario needs of the world: connections to a server, and accounts on it. The simulation
// and real sockets implement it; scenarios cannot tell them apart.
// One per run; one thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace scenario {

enum class ReadResult {
  bytes,   // something came
  closed,  // the server has ended the connection
  quiet,   // nothing will come: the world is at rest, or the time limit has passed
};

class Wire {
 public:
  virtual ~Wire() = default;
  virtual int connect() = 0;  // negative: refused
  virtual void write(int connection, base::Bytes bytes) = 0;
  virtual ReadResult read(int connection, std::string& out) = 0;  // appends
  virtual bool start_tls(int connection) = 0;                     // after <proceed/>; false: cannot
  virtual void close(int connection) = 0;                         // after the closing tags
  virtual void cut(int connection) = 0;  // the network is gone, without a word
  // False: this world cannot make accounts; the runner registers them in-band.
  virtual bool create_account(base::Bytes user, base::Bytes password) = 0;
};

}  // namespace scenario
