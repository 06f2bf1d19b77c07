// The limits of those who do not read, do not answer or do not speak.
#include "tests/sim/pressure.h"

namespace sim {

void Pressure::stop_reading() {
  Client& sender = online("flooder");
  Client& deaf = online("deaf");
  Client& slow = online("slow");
  deaf.stall(true);
  slow.stall(true);
  // One beyond what a send queue may hold …
  for (int i = 0; i < 100; ++i) {
    message(sender, jid("deaf"), 8000);
    if (i % 4 == 0) rest(10);
  }
  rest(1000);
  expect("closed", 1);
  // … one that merely takes nothing for too long.
  for (int i = 0; i < 12; ++i) message(sender, jid("slow"), 8000);
  rest(1000);
  expect("closed", 0);
  rest(40000);
  expect("closed", 1);
}

void Pressure::stop_acknowledging() {
  ClientOptions options;
  options.stream_management = true;
  options.mute = true;
  Client& sender = online("pusher");
  online("hoard", "p", options);
  for (uint32_t i = 0; i < world_.options().xmpp.unacked_stanzas_max + 40; ++i) {
    message(sender, jid("hoard"), 100);
  }
  rest(1000);
  expect("stream/policy-violation/too many stanzas not acknowledged", 1);
  online("dreamer", "p", options);
  message(sender, jid("dreamer"), 100);
  rest(50000);
  expect("stream/connection-timeout/no acknowledgement", 0);
  rest(20000);
  expect("stream/connection-timeout/no acknowledgement", 1);
}

void Pressure::connect_too_often() {
  const size_t most = world_.options().net.connections_per_source;
  rest(10000);  // what is closing has ended
  for (size_t i = world_.connections(); i < most + 3; ++i) {
    ClientOptions options;
    options.stranger = true;
    options.user = options.resource = "visitor";
    clients_.push_back(std::make_unique<Client>(world_.network(), world_.clock(), world_.random(),
                                                std::move(options)));
    clients_.back()->connect();
    rest(1);
  }
  rest(1000);
  expect("refused", 3);
  // Those who got in say nothing, which they may not do for long.
  rest(40000);
  expect_some("stream/connection-timeout/logging in took too long");
}

void Pressure::fall_silent() {
  ClientOptions options;
  options.mute = true;
  online("silent", "p", options);
  rest(700000);
  expect("stream/connection-timeout/no answer to a ping", 1);
}

}  // namespace sim
