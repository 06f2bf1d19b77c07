// One shard of xmpp.example with alice's account, and a peer at 192.0.2.1 that publishes and has
// the users of sip.example, who watch without asking; those of ask.example, at 192.0.2.2, are asked
// for. The store knows alice alone; the log commits at once unless held. Time moves when told to.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/shard/hash_partition.h"
#include "engine/shard/wheel.h"
#include "protocols/im/realm.h"
#include "protocols/sip/event/compositor.h"
#include "protocols/sip/event/dialogs.h"
#include "protocols/sip/event/message_waiting.h"
#include "protocols/sip/event/notifier.h"
#include "protocols/sip/event/presence.h"
#include "protocols/sip/event/watcher_info.h"
#include "tests/support/memory_log.h"

namespace sip {

struct NoIq final : im::AccountIq {
  bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
};

struct EventStage : im::Elsewhere {
  explicit EventStage(uint32_t subscriptions_max = 100) {
    begin_realm();
    auto options = std::make_shared<Options>();
    options->listeners = {ListenerKind::udp};
    options->sent_by = "xmpp.example";
    options->subscriptions_max = subscriptions_max;
    options->peers.resize(2);
    for (size_t i = 0; i < 2; ++i) {
      TrunkPeer& peer = options->peers[i];
      peer.address = base::parse_address(i == 0 ? "192.0.2.1" : "192.0.2.2", 5060);
      peer.domains = {i == 0 ? "sip.example" : "ask.example"};
      peer.datagrams = true;
      peer.publishes = peer.watches = i == 0;
    }
    sip_options = options;
    begin();
  }
  ~EventStage() override { end(); }

  void begin_realm() {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"xmpp.example"};
    realm = std::make_unique<im::Realm>(0, partition, im_options, no_iq);
    realm->set_elsewhere(*this);
  }
  void begin() {
    service = std::make_unique<Service>(0, sip_options, node, random);
    compositor = std::make_unique<Compositor>(*service, *realm);
    notifier = std::make_unique<Notifier>(*service, *realm, random);
    const uint8_t presence = notifier->add(std::make_unique<PresencePackage>());
    notifier->add(std::make_unique<WatcherInfoPackage>(presence));
    notifier->add(std::make_unique<DialogPackage>());
    message_waiting = notifier->add(std::make_unique<MessageWaitingPackage>());
  }
  void end() {
    notifier.reset();
    compositor.reset();
    service.reset();
  }

  bool serves(base::Bytes domain) const override {
    return domain == "sip.example" || domain == "ask.example";
  }
  bool take(const im::Stanza&, engine::Turn&) override { return true; }

  engine::Turn turn() { return {now, wall, 0, out, wheel, log, random}; }

  // Everything that follows, until nothing does.
  void settle() {
    for (;;) {
      std::vector<std::unique_ptr<im::StoreRequest>> questions;
      for (const engine::Effect& effect : out.effects()) {
        if (effect.kind == engine::EffectKind::datagram) {
          sent.emplace_back(out.bytes(out.datagram(effect)));
          sent_to = out.datagram(effect).to;
        } else if (effect.kind == engine::EffectKind::ask) {
          auto question = out.take_question(effect);
          questions.emplace_back(static_cast<im::StoreRequest*>(question.release()));
        }
      }
      out.clear();
      if (questions.empty()) break;
      for (auto& question : questions) {
        const bool known = question->user == "alice@xmpp.example";
        question->status = known ? im::StoreStatus::ok : im::StoreStatus::not_found;
        engine::Turn here = turn();
        realm->on_answer(std::move(question), here);
      }
    }
  }
  void commit() {
    log.commit();
    engine::Turn here = turn();
    compositor->on_committed(here);
    notifier->on_committed(here);
    settle();
  }
  void datagram(base::Bytes bytes, base::Bytes from = "192.0.2.1", uint16_t port = 5060) {
    {
      engine::Turn here = turn();
      service->on_datagram({0, base::parse_address(from, port), bytes}, here);
    }
    settle();
    commit();
  }
  void advance(int64_t seconds) {
    for (int64_t tenth = 0; tenth < 10 * seconds; ++tenth) {
      now = now + base::Duration::milliseconds(100);
      wall.us += 100'000;
      wheel.advance(now);
      while (engine::Timer* timer = wheel.pop_due()) {
        engine::Turn here = turn();
        timer->fire(here);
      }
      settle();
    }
  }
  // Alice's phone, by the realm's own door.
  void say(im::LineState line) {
    im::User* const alice = realm->find_user("alice@xmpp.example");
    ASSERT_NE(alice, nullptr);
    im::Report report;
    report.kind = im::SourceKind::line;
    report.line = line;
    engine::Turn here = turn();
    ASSERT_EQ(realm->presentity(*alice).put(report, base::Duration::seconds(600), here).result,
              im::PublishResult::accepted);
    settle();
  }
  // The 200 to what was sent last, and what follows from it.
  void agree(int status = 200) {
    const std::string request = sent.back();
    std::string text = "SIP/2.0 " + std::to_string(status) + " Yes\r\n";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      text += std::string(name) + ": " + field(request, name) + "\r\n";
    }
    datagram(text + "Content-Length: 0\r\n\r\n");
  }

  static std::string field(const std::string& message, const std::string& name) {
    const size_t at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const size_t from = at + name.size() + 4;
    return message.substr(from, message.find("\r\n", from) - from);
  }
  std::string last(const std::string& name) const { return field(sent.back(), name); }
  // Of a response: its status; of a request: its method.
  static std::string what(const std::string& message) {
    return message.substr(0, 4) == "SIP/" ? message.substr(8, 3)
                                          : message.substr(0, message.find(' '));
  }
  // All that was sent since, and forgets it.
  std::string all() {
    std::string text;
    for (const std::string& one : sent) text += what(one) + " ";
    sent.clear();
    return text;
  }

  std::string request(const std::string& method, const std::string& fields,
                      const std::string& body = "", const std::string& to = "",
                      const std::string& from = "desk@sip.example",
                      const std::string& uri = "alice@xmpp.example") {
    const std::string number = std::to_string(++requests);
    return method + " sip:" + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bK" +
           number + "\r\nFrom: <sip:" + from +
           ">;tag=1\r\nTo: " + (to.empty() ? "<sip:" + uri + ">" : to) +
           "\r\nCall-ID: " + (to.empty() ? "c" + number : call_id) + "\r\nCSeq: " + number + " " +
           method + "\r\nContact: <sip:192.0.2.1>\r\nMax-Forwards: 70\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  NoIq no_iq;
  base::Instant now{base::Duration::seconds(1000).ns};
  base::WallTime wall{1'700'000'000'000'000};
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{1};
  engine::HashPartition partition{1};
  Node node;
  std::shared_ptr<const Options> sip_options;
  std::unique_ptr<im::Realm> realm;
  std::unique_ptr<Service> service;
  std::unique_ptr<Compositor> compositor;
  std::unique_ptr<Notifier> notifier;
  uint8_t message_waiting = 0;  // its place among the packages
  std::vector<std::string> sent;
  base::SocketAddress sent_to;  // the last of them
  std::string call_id;
  int requests = 0;
};

}  // namespace sip
