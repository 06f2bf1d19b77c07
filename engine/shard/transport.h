// The shard's side of engine/net: what a turn needs done with sockets. Implemented by net::Network.
// Owned by one shard; called only within its turn.
#pragma once

#include "engine/base/bytes.h"
#include "engine/io/reactor.h"
#include "engine/seam/outbox.h"

namespace engine {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void begin_turn() = 0;                           // after reap: last turn's leftovers
  virtual void on_completion(const Completion& completion) = 0;
  virtual void execute(const Effect& effect, base::Bytes bytes) = 0;  // send … resume
  virtual void send_datagram(uint16_t listener, const base::SocketAddress& to,
                             base::Bytes bytes) = 0;
  virtual void connect(OutgoingConnection what) = 0;
  virtual void flush() = 0;                                // one gathered send per connection
  virtual void hold_reading(bool hold) = 0;                // mail to another shard is held up
  virtual bool busy() const = 0;                           // wants another turn at once
  virtual void stop_accepting() = 0;                       // the node drains
  virtual void close_all() = 0;                            // the drain's deadline has passed
  virtual bool empty() const = 0;                          // no connection, no operation in flight
};

}  // namespace engine
