// Two shards that speak SIP, without an engine: datagrams and bytes go in, what is sent comes out,
// mail goes across. Listener 3 is UDP, 4 TCP, 5 TLS with certificates of both sides. Time moves
// when told to. Lives on a test's stack.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/shard/wheel.h"
#include "protocols/sip/service.h"
#include "tests/support/memory_log.h"

namespace sip {

struct Shards {
  struct Sent {
    std::string bytes;
    base::SocketAddress to;           // of a datagram
    engine::ConnectionId connection;  // else
  };
  struct Shard {
    explicit Shard(base::Instant now, engine::ShardId id) : wheel(now), random(id + 1) {}
    engine::Wheel wheel;
    engine::Outbox out;
    tests::MemoryLog log;
    base::Prng random;
    std::unique_ptr<Service> service;
  };

  explicit Shards(Options wanted = {}) {
    wanted.first_listener = 3;
    wanted.listeners = {ListenerKind::udp, ListenerKind::tcp, ListenerKind::mutual};
    options = std::make_shared<const Options>(wanted);
    for (engine::ShardId id = 0; id < 2; ++id) {
      shards[id] = std::make_unique<Shard>(now, id);
      shards[id]->service = std::make_unique<Service>(id, options, node, shards[id]->random);
    }
  }

  engine::Turn turn(engine::ShardId id) {
    Shard& on = *shards[id];
    return {now, {}, id, on.out, on.wheel, on.log, on.random};
  }

  // Everything that follows, until nothing does.
  void settle() {
    for (engine::ShardId id = 0; id < 2; ++id) carry_out(id);
    while (!mail.empty()) {
      const engine::EnvelopePtr next = std::move(mail.front());
      mail.pop_front();
      engine::Turn here = turn(next->to);
      shards[next->to]->service->on_mail(*next, here);
      carry_out(next->to);
    }
  }

  void carry_out(engine::ShardId id) {
    engine::Outbox& out = shards[id]->out;
    for (const engine::Effect& effect : out.effects()) {
      switch (effect.kind) {
        case engine::EffectKind::datagram:
          sent.push_back(
              {std::string(out.bytes(out.datagram(effect))), out.datagram(effect).to, {}});
          break;
        case engine::EffectKind::send:
          sent.push_back({std::string(out.bytes(effect)), {}, effect.connection});
          break;
        case engine::EffectKind::mail:
          mailed(out.take_mail(effect));
          break;
        case engine::EffectKind::notify_sent:
          ++awaited;
          break;
        case engine::EffectKind::connect:
          asked.push_back(out.take_connect(effect));
          break;
        case engine::EffectKind::ask:
          questions.push_back(out.take_question(effect));
          break;
        case engine::EffectKind::abort:
        case engine::EffectKind::close:
          closed.push_back(effect.connection);
          break;
        default:
          break;
      }
    }
    out.clear();
  }

  void mailed(engine::EnvelopePtr envelope) {
    if (!mailbox_full || envelope->overflow != engine::OverflowPolicy::refuse) {
      mail.push_back(std::move(envelope));
      return;
    }
    refused.push_back(std::move(envelope));
  }

  void datagram(base::Bytes bytes, engine::ShardId id = 0, uint16_t port = 5066) {
    engine::Turn here = turn(id);
    shards[id]->service->on_datagram({3, base::parse_address("192.0.2.1", port), bytes}, here);
    settle();
  }

  std::unique_ptr<engine::Peer> connect(engine::ConnectionId connection, uint16_t listener = 4,
                                        engine::ShardId id = 0) {
    engine::Turn here = turn(id);
    return shards[id]->service->accept({connection, listener, "192.0.2.1", 40000}, here);
  }
  // Makes the connection that was asked for last.
  std::unique_ptr<engine::Peer> made(engine::ConnectionId connection) {
    const base::SocketAddress& to = asked.back().how.remote;
    std::string address;
    base::append_address(to, address);
    engine::Turn here = turn(0);
    auto peer = shards[0]->service->on_connected(
        asked.back().token, {connection, engine::kNoListener, address, to.port}, here);
    settle();
    return peer;
  }
  // The handshake is done, with a certificate of this DNS name.
  void secure(engine::Peer& peer, const std::string& name) {
    const engine::CertificateName names[] = {{engine::CertificateName::Kind::dns, name}};
    engine::TlsFacts facts;
    facts.peer_names = names;
    engine::Turn here = turn(0);
    peer.on_secured(facts, here);
    settle();
  }
  void feed(engine::Peer& peer, base::Bytes bytes, engine::ShardId id = 0) {
    engine::Turn here = turn(id);
    peer.on_bytes(bytes, here);
    settle();
  }
  void end(std::unique_ptr<engine::Peer>& peer, engine::ShardId id = 0) {
    engine::Turn here = turn(id);
    peer->on_closed(engine::CloseReason::by_peer, here);
    peer.reset();
    settle();
  }

  void advance(base::Duration by) {
    const base::Instant until = now + by;
    while (now < until) {
      now = now + base::Duration::milliseconds(100);
      for (engine::ShardId id = 0; id < 2; ++id) {
        shards[id]->wheel.advance(now);
        while (engine::Timer* timer = shards[id]->wheel.pop_due()) {
          engine::Turn here = turn(id);
          timer->fire(here);
        }
      }
      settle();
    }
  }

  // The status lines of what was sent, "200 405 ", and forgets it.
  std::string statuses() {
    std::string text;
    for (const Sent& one : sent) {
      // Messages that left together are one send.
      for (size_t at = one.bytes.find("SIP/2.0 "); at != std::string::npos;
           at = one.bytes.find("SIP/2.0 ", at + 8)) {
        text += one.bytes.substr(at + 8, 3) + " ";
      }
    }
    sent.clear();
    return text;
  }

  base::Instant now{base::Duration::seconds(1000).ns};
  Node node{{1, 2}, 2};
  std::shared_ptr<const Options> options;
  std::deque<engine::EnvelopePtr> mail;
  std::vector<engine::EnvelopePtr> refused;
  int awaited = 0;  // answers of the engine that all has been sent
  std::vector<Sent> sent;
  std::vector<engine::ConnectionId> closed;
  std::vector<engine::QuestionPtr> questions;
  std::vector<engine::OutgoingConnection> asked;  // for a connection; made by hand
  bool mailbox_full = false;
  std::array<std::unique_ptr<Shard>, 2> shards;
};

// A request as a peer at 192.0.2.1 would write it; `more`: header lines.
inline std::string wire(base::Bytes method, base::Bytes branch = "1", base::Bytes more = "",
                        base::Bytes uri = "sip:bob@example.com", base::Bytes via_more = ";rport") {
  std::string text(method);
  text.append(" ").append(uri).append(" SIP/2.0\r\nVia: SIP/2.0/UDP pc.example.com:5070;branch=");
  text.append("z9hG4bK").append(branch).append(via_more);
  text.append("\r\nFrom: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c")
      .append(branch);
  text.append("\r\nCSeq: 1 ").append(method).append("\r\nMax-Forwards: 0\r\n").append(more);
  return text.append("Content-Length: 0\r\n\r\n");
}

inline bool has(const std::string& text, base::Bytes part) {
  return text.find(part) != std::string::npos;
}

}  // namespace sip
