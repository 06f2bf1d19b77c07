// One shard's clock, wheel and outbox for tests of transactions: time moves when told, tick by
// tick, and what was sent is kept with the millisecond it left at. Lives on a test's stack.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/seam/turn.h"
#include "engine/shard/wheel.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/transport/flow.h"
#include "tests/support/memory_log.h"

namespace sip {

// A message with what every message has, indexed and read.
struct Incoming {
  explicit Incoming(base::Bytes wire) : text(wire) {
    EXPECT_TRUE(message.index_datagram(text)) << text;
    Fault fault = Fault::none;
    EXPECT_TRUE(read_essentials(message, essentials, fault)) << text;
  }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  std::string text;
  Message message;
  Essentials essentials;
};

struct Stage {
  struct Sent {
    int64_t at_ms;
    std::string bytes;
    base::SocketAddress to;           // of a datagram
    engine::ConnectionId connection;  // none: a datagram
  };

  base::Instant now{base::Duration::seconds(1000).ns};
  base::Instant start = now;
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{17};
  std::vector<Sent> sent;

  engine::Turn turn() { return {now, {}, 3, out, wheel, log, random}; }

  void collect() {
    for (const engine::Effect& effect : out.effects()) {
      const int64_t at = (now - start).whole_milliseconds();
      if (effect.kind == engine::EffectKind::datagram) {
        const engine::OutgoingDatagram& datagram = out.datagram(effect);
        sent.push_back({at, std::string(out.bytes(datagram)), datagram.to, {}});
      } else {
        sent.push_back({at, std::string(out.bytes(effect)), {}, effect.connection});
      }
    }
    out.clear();
  }

  void advance(int64_t milliseconds) {
    collect();
    const base::Instant until = now + base::Duration::milliseconds(milliseconds);
    while (now < until) {
      now = now + base::Duration::milliseconds(100);
      wheel.advance(now);
      while (engine::Timer* timer = wheel.pop_due()) {
        engine::Turn here = turn();
        timer->fire(here);
      }
      collect();
    }
  }

  // When each was sent, and nothing more: "500 1500 3500 ".
  std::string times() {
    collect();
    std::string text;
    for (const Sent& one : sent) text += std::to_string(one.at_ms) + " ";
    sent.clear();
    return text;
  }
};

inline Flow udp_flow() {
  Flow flow;
  flow.remote = base::parse_address("192.0.2.1", 5066);
  return flow;
}
inline Flow tcp_flow() {
  Flow flow = udp_flow();
  flow.connection = {7, 1};
  return flow;
}

inline std::string request_text(base::Bytes method, base::Bytes branch = "z9hG4bKa1",
                                base::Bytes to_tag = "") {
  std::string text(method);
  text.append(" sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5066");
  if (!branch.empty()) text.append(";branch=").append(branch);
  text.append("\r\nFrom: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>");
  if (!to_tag.empty()) text.append(";tag=").append(to_tag);
  return text.append("\r\nCall-ID: c1\r\nCSeq: 1 ")
      .append(method)
      .append("\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace sip
