// One shard on which users of ours, of xmpp.example, and those of a trunk peer, at sip.example,
// write to each other, without an engine: datagrams go in, what is sent comes out. The log commits
// when told to, the store answers when told to. Lives on a test's stack.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/shard/hash_partition.h"
#include "engine/shard/wheel.h"
#include "protocols/gateway/messages.h"
#include "tests/support/memory_log.h"

namespace gateway {

struct MessagesNoIq final : im::AccountIq {
  bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
};

struct MessagesBob final : im::Resource, im::Realm::Binding {
  void deliver(const im::Stanza& stanza, engine::Turn&) override {
    ++delivered;
    heard.emplace_back(stanza.payload);
    type = stanza.type;
  }
  void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
  void push_blocking(bool, const std::vector<std::string>&, engine::Turn&) override {}
  void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
  void end(im::Farewell, engine::Turn&) override {}
  void bound(im::BindResult result, engine::Turn&) override {
    EXPECT_EQ(result, im::BindResult::bound);
  }
  int delivered = 0;
  std::vector<std::string> heard;  // payloads
  im::StanzaType type = im::StanzaType::normal;
};

// The peer is at 192.0.2.1, another node of ours at 192.0.2.10.
struct MessagesWorld : im::Elsewhere {
  MessagesWorld() {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"xmpp.example"};
    realm = std::make_unique<im::Realm>(0, partition, im_options, no_iq);
    auto options = std::make_shared<sip::Options>();
    options->listeners = {sip::ListenerKind::udp};
    options->sent_by = "xmpp.example";
    options->hosts = {"192.0.2.99"};
    options->peers.resize(2);
    options->peers[0].id = 1;
    options->peers[0].address = base::parse_address("192.0.2.1", 5060);
    options->peers[0].domains = {"sip.example"};
    options->peers[0].datagrams = true;
    options->peers[1].id = 2;
    options->peers[1].address = base::parse_address("192.0.2.10", 5060);
    options->peers[1].datagrams = true;
    options->peers[1].node = 1;
    service = std::make_unique<sip::Service>(0, options, node, random);
    messages = std::make_unique<Messages>(*service, *realm);
    realm->set_elsewhere(*this);
    log.hold();
  }
  ~MessagesWorld() override {
    questions.clear();
    if (bob.user != nullptr) {
      engine::Turn here = turn();
      realm->unbind(bob, here);
    }
    messages.reset();
    service.reset();
  }

  bool serves(base::Bytes domain) const override { return domain == "sip.example"; }
  bool take(const im::Stanza& stanza, engine::Turn& turn) override {
    if (!serves(stanza.to.domain()) || stanza.kind != im::StanzaKind::message) return false;
    return messages->take(stanza, service->options().peers[0], turn);
  }
  // Users of the peer are written to in sessions.
  void use_sessions() {
    auto options = std::make_shared<sip::Options>(service->options());
    options->peers[0].sessions = true;
    engine::Turn here = turn();
    service->set_options(options, here);
  }
  engine::Turn turn() { return {now, {}, 0, out, wheel, log, random}; }
  void settle() {
    for (const engine::Effect& effect : out.effects()) {
      if (effect.kind == engine::EffectKind::datagram) {
        sent.emplace_back(out.bytes(out.datagram(effect)));
      } else if (effect.kind == engine::EffectKind::ask) {
        auto question = out.take_question(effect);
        questions.emplace_back(static_cast<im::StoreRequest*>(question.release()));
      }
    }
    out.clear();
  }
  void datagram(base::Bytes bytes, base::Bytes from = "192.0.2.1") {
    engine::Turn here = turn();
    service->on_datagram({0, base::parse_address(from, 5060), bytes}, here);
    settle();
  }
  void bind_bob() {
    bob.full_jid = "bob@xmpp.example/desk";
    {
      engine::Turn here = turn();
      realm->bind(bob, bob, here);
      settle();
    }
    answer(im::StoreKind::load_account, im::StoreStatus::ok);
    im::Stanza presence;
    presence.kind = im::StanzaKind::presence;
    presence.type = im::StanzaType::available;
    presence.from = bob.jid();
    engine::Turn here = turn();
    realm->from_client(presence, bob, here);
    settle();
    bob.delivered = 0;
    bob.heard.clear();
  }
  void advance(base::Duration by) {
    const base::Instant until = now + by;
    while (now < until) {
      now = now + base::Duration::milliseconds(100);
      wheel.advance(now);
      while (engine::Timer* timer = wheel.pop_due()) {
        engine::Turn here = turn();
        timer->fire(here);
      }
      settle();
    }
  }
  void route(const im::Stanza& stanza) {
    engine::Turn here = turn();
    realm->route(stanza, here);
    settle();
  }
  // The first question; the rest waits.
  void answer(im::StoreKind kind, im::StoreStatus status) {
    ASSERT_FALSE(questions.empty());
    auto question = std::move(questions.front());
    questions.erase(questions.begin());
    ASSERT_EQ(question->kind, kind);
    question->status = status;
    engine::Turn here = turn();
    realm->on_answer(std::move(question), here);
    settle();
  }
  void commit() {
    log.commit();
    engine::Turn here = turn();
    realm->on_committed(here);
    messages->on_committed(here);
    settle();
  }
  std::string status() {  // of what was sent last
    return sent.empty() ? "" : sent.back().substr(8, 3);
  }

  MessagesNoIq no_iq;
  MessagesBob bob;
  base::Instant now{base::Duration::seconds(1000).ns};
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{1};
  engine::HashPartition partition{1};
  sip::Node node;
  std::unique_ptr<im::Realm> realm;
  std::unique_ptr<sip::Service> service;
  std::unique_ptr<Messages> messages;
  std::vector<std::unique_ptr<im::StoreRequest>> questions;
  std::vector<std::string> sent;
};

// Alice writes to carol, who is at the peer.
struct Outward : MessagesWorld {
  Outward() {
    stanza.type = im::StanzaType::chat;
    stanza.from = jid::JidView::trusted("alice@xmpp.example/laptop");
    stanza.to = jid::JidView::trusted("carol@sip.example");
    stanza.id = "m1";
    stanza.payload = "<body>hello</body>";
    stanza.facts.body = true;
  }
  // To what was sent last; as somebody would who makes dialogs.
  void respond(int status, base::Bytes tag = "", base::Bytes more = "") {
    respond_to(sent.back(), status, tag, more);
  }
  void respond_to(const std::string& request, int status, base::Bytes tag = "",
                  base::Bytes more = "") {
    std::string text = "SIP/2.0 " + std::to_string(status) + " So\r\n";
    for (base::Bytes name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
      const size_t at = request.find(name);
      text += request.substr(at, request.find("\r\n", at) - at);
      if (name == "To: " && text.find(";tag=", text.rfind("To: ")) == std::string::npos &&
          !tag.empty()) {
        text.append(";tag=").append(tag);
      }
      text += "\r\n";
    }
    datagram(text.append(more).append("Content-Length: 0\r\n\r\n"));
  }
  // The message itself is no longer ours; what is may be the error to its sender.
  bool discharged() {
    for (const auto& [key, entry] : log.entries) {
      im::Stanza kept;
      EXPECT_TRUE(im::unpack(entry.bytes, kept));
      if (kept.type != im::StanzaType::error) return false;
    }
    return true;
  }
  std::string condition() {
    for (const auto& [key, entry] : log.entries) {
      im::Stanza kept;
      EXPECT_TRUE(im::unpack(entry.bytes, kept));
      xml::Document document;
      EXPECT_EQ(kept.to.full(), "alice@xmpp.example/laptop");
      EXPECT_EQ(kept.id, "m1");
      return std::string(im::name(read_condition(kept, document)));
    }
    return "";
  }
  im::Stanza stanza;
};

inline std::string page(base::Bytes from = "carol@sip.example", base::Bytes to = "bob@xmpp.example",
                        base::Bytes branch = "1") {
  std::string text = "MESSAGE sip:";
  text.append(to).append(" SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bK").append(branch);
  text.append("\r\nFrom: <sip:").append(from).append(">;tag=1\r\nTo: <sip:").append(to);
  return text.append(">\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\n\r\nhello");
}

}  // namespace gateway
