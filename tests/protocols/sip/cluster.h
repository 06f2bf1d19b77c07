// Two nodes of one cluster in one process, one shard each: users whose names begin with 'a' live on
// node 0 at 192.0.2.10, all others on node 1 at 192.0.2.11. What a node connects to is the other
// one, while that is up. Peers speak by datagram: those of 192.0.2.1 are redirected, those of
// 192.0.2.2 are not. Others may call(). The store knows every user of xmpp.example; the log commits
// at once.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/shard/wheel.h"
#include "protocols/im/realm.h"
#include "protocols/sip/event/compositor.h"
#include "protocols/sip/event/notifier.h"
#include "protocols/sip/event/presence.h"
#include "tests/support/memory_log.h"

namespace sip {

struct FirstLetter final : engine::Partition {
  explicit FirstLetter(engine::NodeId id) : id(id) {}
  engine::Owner owner(base::Bytes bare_jid) const override {
    const bool on_first = !bare_jid.empty() && bare_jid[0] == 'a';
    return {static_cast<engine::NodeId>(on_first != astray ? 0 : 1), 0};
  }
  engine::ShardId shards() const override { return 1; }
  engine::NodeId here() const override { return id; }
  const engine::NodeId id;
  bool astray = false;  // thinks the contrary
};

struct Cluster : im::Elsewhere {
  static constexpr base::Bytes kRedirected = "192.0.2.1";
  static constexpr base::Bytes kProxied = "192.0.2.2";

  struct NoIq final : im::AccountIq {
    bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
  };
  struct Sent {
    engine::NodeId from;
    base::SocketAddress to;
    std::string bytes;
  };
  // One end of a connection.
  struct End {
    std::unique_ptr<engine::Peer> peer;
    engine::NodeId other = 0;
    uint32_t other_slot = 0;
  };
  struct OneNode {
    OneNode(engine::NodeId id, base::Instant now)
        : partition(id), wheel(now), random(id + 1), node{{id + 7u, 2}, 1, id} {}
    FirstLetter partition;
    engine::Wheel wheel;
    engine::Outbox out;
    tests::MemoryLog log;
    base::Prng random;
    Node node;
    std::unique_ptr<im::Realm> realm;
    std::unique_ptr<Service> service;
    std::unique_ptr<Compositor> compositor;
    std::unique_ptr<Notifier> notifier;
    std::map<uint32_t, End> ends;  // by ConnectionId::slot
    bool up = true;
    bool deaf = false;  // takes other nodes' bytes, and does nothing
    bool mute = false;  // what it sends other nodes is lost
  };

  explicit Cluster(const std::function<void(Options&)>& change = {}) {
    for (engine::NodeId id = 0; id < 2; ++id) begin(id, change);
  }
  ~Cluster() override {
    for (auto& [slot, peer] : called) {
      engine::Turn here = turn(0);
      peer->on_closed(engine::CloseReason::by_peer, here);
      peer.reset();
    }
    for (auto& node : nodes) {
      for (auto& [slot, end] : node->ends) close_end(*node, end);
      node->notifier.reset();
      node->compositor.reset();
      node->service.reset();
    }
  }

  static TrunkPeer peer(uint64_t id, base::Bytes address, const std::string& domain) {
    TrunkPeer made;
    made.id = id;
    made.address = base::parse_address(address, 5060);
    made.domains = {domain};
    made.datagrams = made.publishes = made.watches = true;
    return made;
  }
  static std::string host(engine::NodeId id) { return id == 0 ? "192.0.2.10" : "192.0.2.11"; }

  void begin(engine::NodeId id, const std::function<void(Options&)>& change) {
    auto options = std::make_shared<Options>();
    options->listeners = {ListenerKind::udp, ListenerKind::tcp, ListenerKind::mutual};
    options->sent_by = host(id);
    options->sent_by_tls = host(id) + ":5062";
    options->hosts = {host(0), host(1)};
    options->domain = "xmpp.example";
    options->subscriptions_max = 100;
    options->peers = {peer(1, kRedirected, "sip.example"), peer(2, kProxied, "ask.example")};
    options->peers[1].wrong_node = WrongNode::proxy;
    TrunkPeer other;
    other.id = 3;
    other.node = 1 - id;
    other.address = base::parse_address(host(1 - id), 5060);
    other.host_node = host(1 - id) + ":5060";
    other.host_node_tls = host(1 - id) + ":5062";
    options->peers.push_back(other);
    if (change) change(*options);
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"xmpp.example", "other.example"};
    nodes.push_back(std::make_unique<OneNode>(id, now));
    OneNode& node = *nodes.back();
    node.realm = std::make_unique<im::Realm>(0, node.partition, im_options, no_iq);
    node.realm->set_elsewhere(*this);
    node.service = std::make_unique<Service>(0, options, node.node, node.random);
    node.compositor = std::make_unique<Compositor>(*node.service, *node.realm);
    node.notifier = std::make_unique<Notifier>(*node.service, *node.realm, node.random);
    node.notifier->add(std::make_unique<PresencePackage>());
  }

  bool serves(base::Bytes domain) const override {
    return domain == "sip.example" || domain == "ask.example";
  }
  bool take(const im::Stanza&, engine::Turn&) override { return true; }

  engine::Turn turn(engine::NodeId id) {
    OneNode& node = *nodes[id];
    return {now, wall, 0, node.out, node.wheel, node.log, node.random};
  }

  // Everything that follows, until nothing does.
  void settle() {
    for (;;) {
      carry_out(0);
      carry_out(1);
      if (!todo.empty()) {
        const auto next = std::move(todo.front());
        todo.pop_front();
        next();
      } else if (!questions.empty()) {
        answer_question();
      } else {
        commit(0);
        commit(1);
        if (nodes[0]->out.empty() && nodes[1]->out.empty()) return;
      }
    }
  }
  void commit(engine::NodeId id) {
    engine::Turn here = turn(id);
    nodes[id]->compositor->on_committed(here);
    nodes[id]->notifier->on_committed(here);
  }
  void answer_question() {
    auto [id, question] = std::move(questions.front());
    questions.pop_front();
    question->status = im::StoreStatus::ok;
    engine::Turn here = turn(id);
    nodes[id]->realm->on_answer(std::move(question), here);
  }

  void carry_out(engine::NodeId id) {
    engine::Outbox& out = nodes[id]->out;
    for (const engine::Effect& effect : out.effects()) {
      switch (effect.kind) {
        case engine::EffectKind::datagram: {
          const auto datagram = out.datagram(effect);
          sent.push_back({id, datagram.to, std::string(out.bytes(datagram))});
          break;
        }
        case engine::EffectKind::send: {
          std::string bytes(out.bytes(effect));
          const uint32_t slot = effect.connection.slot;
          todo.push_back([this, id, slot, bytes] { deliver(id, slot, bytes); });
          break;
        }
        case engine::EffectKind::connect: {
          const engine::OutgoingConnection wanted = out.take_connect(effect);
          todo.push_back([this, id, wanted] { connect(id, wanted); });
          break;
        }
        case engine::EffectKind::notify_sent: {
          const uint32_t slot = effect.connection.slot;
          todo.push_back([this, id, slot] {
            engine::Turn here = turn(id);
            const auto end = nodes[id]->ends.find(slot);
            if (end != nodes[id]->ends.end()) end->second.peer->on_sent(here);
          });
          break;
        }
        case engine::EffectKind::abort:
        case engine::EffectKind::close: {
          const uint32_t slot = effect.connection.slot;
          todo.push_back([this, id, slot] { cut(id, slot); });
          break;
        }
        case engine::EffectKind::ask:
          questions.emplace_back(
              id, std::unique_ptr<im::StoreRequest>(
                      static_cast<im::StoreRequest*>(out.take_question(effect).release())));
          break;
        default:
          break;
      }
    }
    out.clear();
  }

  void connect(engine::NodeId id, const engine::OutgoingConnection& wanted) {
    const engine::NodeId other = 1 - id;
    engine::Turn here = turn(id);
    const bool there = wanted.how.remote == base::parse_address(host(other), 5060);
    if (!there || !nodes[other]->up) {
      nodes[id]->service->on_connect_failed(wanted.token, engine::ConnectFailure::refused, here);
      return;
    }
    const uint32_t mine = ++last_slot;
    const uint32_t theirs = ++last_slot;
    nodes[id]->ends[mine] = {nullptr, other, theirs};
    nodes[other]->ends[theirs] = {nullptr, id, mine};
    {
      engine::Turn away = turn(other);
      const uint16_t listener = wanted.how.tls ? 2 : 1;
      nodes[other]->ends[theirs].peer =
          nodes[other]->service->accept({{theirs, 1}, listener, host(id), 40000}, away);
    }
    nodes[id]->ends[mine].peer = nodes[id]->service->on_connected(
        wanted.token, {{mine, 1}, engine::kNoListener, host(other), 5060}, here);
    if (!wanted.how.tls) return;
    secure(other, *nodes[other]->ends[theirs].peer, certificate(id));
    secure(id, *nodes[id]->ends[mine].peer, certificate(other));
  }
  void deliver(engine::NodeId id, uint32_t slot, const std::string& bytes) {
    const auto mine = nodes[id]->ends.find(slot);
    if (mine == nodes[id]->ends.end()) {
      if (called.contains(slot)) sent.push_back({id, {}, bytes});
      return;
    }
    const engine::NodeId other = mine->second.other;
    between.push_back(bytes);
    if (nodes[other]->deaf || nodes[id]->mute) return;
    engine::Turn there = turn(other);
    nodes[other]->ends.at(mine->second.other_slot).peer->on_bytes(bytes, there);
  }
  void cut(engine::NodeId id, uint32_t slot) {
    const auto mine = nodes[id]->ends.find(slot);
    if (mine == nodes[id]->ends.end()) return;
    OneNode& other = *nodes[mine->second.other];
    const auto theirs = other.ends.find(mine->second.other_slot);
    close_end(*nodes[id], mine->second);
    close_end(other, theirs->second);
    nodes[id]->ends.erase(mine);
    other.ends.erase(theirs);
  }
  void close_end(OneNode& node, End& end) {
    if (end.peer == nullptr) return;
    engine::Turn there = turn(node.node.id);
    end.peer->on_closed(engine::CloseReason::by_peer, there);
    end.peer.reset();
  }
  // A peer's own connection; `name`: its certificate's, at the listener that asks for one.
  engine::Peer& call(engine::NodeId id, base::Bytes from, const std::string& name = "") {
    const uint32_t slot = ++last_slot;
    auto& made = called[slot];
    {
      engine::Turn here = turn(id);
      const uint16_t listener = name.empty() ? 1 : 2;
      made = nodes[id]->service->accept({{slot, 1}, listener, from, 40000}, here);
    }
    if (!name.empty()) secure(id, *made, name);
    return *made;
  }
  void feed(engine::NodeId id, engine::Peer& peer, base::Bytes bytes) {
    {
      engine::Turn here = turn(id);
      peer.on_bytes(bytes, here);
    }
    settle();
  }
  void secure(engine::NodeId id, engine::Peer& peer, const std::string& name) {
    const engine::CertificateName names[] = {{engine::CertificateName::Kind::dns, name}};
    engine::TlsFacts facts;
    facts.peer_names = names;
    engine::Turn here = turn(id);
    peer.on_secured(facts, here);
  }
  static std::string certificate(engine::NodeId id) {
    return "node" + std::to_string(id) + ".example";
  }
  // Every connection to the other node is lost.
  void cut_all(engine::NodeId id) {
    while (!nodes[id]->ends.empty()) cut(id, nodes[id]->ends.begin()->first);
    settle();
  }
  // A node goes.
  void go_down(engine::NodeId id) {
    nodes[id]->up = false;
    cut_all(id);
  }

  void tell(engine::NodeId id, base::Bytes bytes, base::Bytes from) {
    {
      engine::Turn here = turn(id);
      nodes[id]->service->on_datagram({0, base::parse_address(from, 5060), bytes}, here);
    }
    settle();
  }

  void advance(base::Duration by) {
    const base::Instant until = now + by;
    while (now < until) {
      now = now + base::Duration::milliseconds(100);
      wall.us += 100'000;
      for (engine::NodeId id = 0; id < 2; ++id) {
        nodes[id]->wheel.advance(now);
        while (engine::Timer* timer = nodes[id]->wheel.pop_due()) {
          engine::Turn here = turn(id);
          timer->fire(here);
        }
      }
      settle();
    }
  }

  static std::string field(const std::string& message, const std::string& name) {
    const size_t at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const size_t from = at + name.size() + 4;
    return message.substr(from, message.find("\r\n", from) - from);
  }
  std::string last(const std::string& name) const { return field(sent.back().bytes, name); }
  static std::string what(const std::string& message) {
    return message.substr(0, 4) == "SIP/" ? message.substr(8, 3)
                                          : message.substr(0, message.find(' '));
  }
  // What was sent to peers, "200 NOTIFY ", and forgets it.
  std::string all() {
    std::string text;
    for (const Sent& one : sent) text += what(one.bytes) + " ";
    sent.clear();
    return text;
  }

  struct Text {
    std::string method = "PUBLISH";
    std::string user = "bob";
    std::string fields = "Event: presence\r\nContent-Type: application/pidf+xml\r\n";
    std::string body = kBusy;
    std::string host = "xmpp.example";
    std::string to;  // with a tag: in a dialog
    std::string hops = "70";
    std::string from = "desk@ask.example";
    std::string call_id;
    std::string vias;  // further ones
    std::string transport = "UDP";
  };
  std::string write(const Text& how) {
    const std::string number = std::to_string(++requests);
    const std::string uri = "sip:" + how.user + "@" + how.host;
    std::string text =
        how.method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + how.transport + " pc;rport;branch=";
    text += "z9hG4bK" + number + "\r\n" + how.vias + "From: <sip:" + how.from + ">;tag=1\r\nTo: ";
    text += how.to.empty() ? "<" + uri + ">" : how.to;
    text += "\r\nCall-ID: " + (how.call_id.empty() ? "c" + number : how.call_id);
    text += "\r\nCSeq: " + number + " " + how.method + "\r\nContact: <sip:192.0.2.2>\r\n";
    if (!how.hops.empty()) text += "Max-Forwards: " + how.hops + "\r\n";
    return text + how.fields + "Content-Length: " + std::to_string(how.body.size()) + "\r\n\r\n" +
           how.body;
  }

  static constexpr const char* kBusy =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@xmpp.example'><tuple id='a'>"
      "<status><basic>closed</basic></status></tuple><person xmlns='urn:ietf:params:xml:ns:pidf:"
      "data-model' id='p'><activities><busy/></activities></person></presence>";

  im::Claim claim(engine::NodeId id, const std::string& jid) {
    im::User* const user = nodes[id]->realm->find_user(jid);
    return user == nullptr ? im::Claim::offline
                           : nodes[id]->realm->presentity(*user).composed().claim;
  }

  NoIq no_iq;
  base::Instant now{base::Duration::seconds(1000).ns};
  base::WallTime wall{1'700'000'000'000'000};
  std::vector<std::unique_ptr<OneNode>> nodes;
  std::deque<std::function<void()>> todo;
  std::deque<std::pair<engine::NodeId, std::unique_ptr<im::StoreRequest>>> questions;
  std::map<uint32_t, std::unique_ptr<engine::Peer>> called;
  std::vector<Sent> sent;            // to peers
  std::vector<std::string> between;  // what nodes have sent each other
  uint32_t last_slot = 0;
  int requests = 0;
};

}  // namespace sip
