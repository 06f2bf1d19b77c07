// One shard of example.org with a registrar: requests are let in as whom From names, the store
// answers at once that accounts are there, the log commits by itself. Lives on a test's stack.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/shard/hash_partition.h"
#include "engine/shard/wheel.h"
#include "protocols/gateway/registrar.h"
#include "protocols/im/journal_entry.h"
#include "tests/support/memory_log.h"

namespace gateway {

struct RegistrarWorld {
  struct NoIq final : im::AccountIq {
    bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
  };
  struct Open final : sip::Gate {
    explicit Open(sip::Service& on) : service(on) { service.set_gate(*this); }
    bool screen(const sip::Claim&, engine::Owner&, sip::Verdict&, engine::Turn&) override {
      return true;
    }
    void check(const sip::Claim& claim, engine::Turn& turn) override {
      base::Bytes account = claim.essentials.from.uri;
      account.remove_prefix(4);
      service.decide(claim, {.account = account}, turn);
    }
    void challenge(const sip::Claim&, bool, sip::Writer&, engine::Turn&) override {}
    sip::Service& service;
  };

  RegistrarWorld() {
    auto im_options = std::make_shared<im::Options>();
    im_options->domains = {"example.org"};
    im_options->archive_enabled = false;
    realm = std::make_unique<im::Realm>(0, partition, im_options, no_iq);
    auto options = std::make_shared<sip::Options>();
    options->listeners = {sip::ListenerKind::udp, sip::ListenerKind::tcp};
    options->sent_by = "example.org";
    options->digest = true;
    service = std::make_unique<sip::Service>(0, options, node, random);
    open = std::make_unique<Open>(*service);
    registrar = std::make_unique<Registrar>(*service, *realm);
  }
  ~RegistrarWorld() { stop(); }

  void stop() {
    if (registrar == nullptr) return;
    engine::Turn here = turn();
    registrar->on_shutdown(here);
    registrar.reset();
    out.clear();
  }

  engine::Turn turn() { return {now, wall, 0, out, wheel, log, random}; }
  void settle() {
    std::vector<std::unique_ptr<im::StoreRequest>> questions;
    for (const engine::Effect& effect : out.effects()) {
      if (effect.kind == engine::EffectKind::datagram) {
        sent.emplace_back(out.bytes(out.datagram(effect)));
        to.push_back(out.datagram(effect).to);
      } else if (effect.kind == engine::EffectKind::send) {
        sent.emplace_back(out.bytes(effect));
      } else if (effect.kind == engine::EffectKind::ask) {
        auto question = out.take_question(effect);
        questions.emplace_back(static_cast<im::StoreRequest*>(question.release()));
      }
    }
    out.clear();
    for (auto& question : questions) {
      asked.push_back(question->kind);
      question->status = answers;
      engine::Turn here = turn();
      realm->on_answer(std::move(question), here);
      settle();
    }
  }
  void datagram(base::Bytes bytes, base::Bytes from = "192.0.2.1") {
    engine::Turn here = turn();
    service->on_datagram({0, base::parse_address(from, 5066), bytes}, here);
    settle();
  }
  void advance(base::Duration by) {
    const base::Instant until = now + by;
    while (now < until) {
      now = now + base::Duration::milliseconds(100);
      wall.us += 100000;
      wheel.advance(now);
      while (engine::Timer* timer = wheel.pop_due()) {
        engine::Turn here = turn();
        timer->fire(here);
      }
      settle();
    }
  }
  std::string status() { return sent.empty() ? "" : sent.back().substr(8, 3); }
  bool heard(base::Bytes text) const {
    return !sent.empty() && sent.back().find(text) != std::string::npos;
  }
  bool asked_for(im::StoreKind kind) const {
    return std::find(asked.begin(), asked.end(), kind) != asked.end();
  }

  std::string request(base::Bytes lines, base::Bytes to_user = "alice", base::Bytes call = "c") {
    const std::string number = std::to_string(++count);
    std::string text =
        "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bK";
    text.append(number).append("\r\nFrom: <sip:alice@example.org>;tag=1\r\nTo: <sip:");
    text.append(to_user).append("@example.org>\r\nCall-ID: ").append(call).append("\r\nCSeq: ");
    return text.append(number).append(" REGISTER\r\n").append(lines).append("\r\n");
  }
  void sign_up(base::Bytes lines = "Contact: <sip:alice@192.0.2.1:5066>\r\nExpires: 600\r\n") {
    datagram(request(lines));
    advance(base::Duration::milliseconds(200));
  }
  void write(base::Bytes text = "hello") {
    im::Stanza stanza;
    stanza.type = im::StanzaType::chat;
    stanza.from = jid::JidView::trusted("bob@example.org/desk");
    stanza.to = jid::JidView::trusted("alice@example.org");
    stanza.id = "m1";
    const std::string payload = "<body>" + std::string(text) + "</body>";
    stanza.payload = payload;
    stanza.facts.body = true;
    engine::Turn here = turn();
    realm->route(stanza, here);
    settle();
  }
  // To the last request that went out.
  void respond(int code) {
    std::string text = "SIP/2.0 " + std::to_string(code) + " So\r\n";
    const std::string page = sent.back();
    for (base::Bytes name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
      const size_t at = page.find(name);
      text += page.substr(at, page.find("\r\n", at) + 2 - at);
    }
    datagram(text + "Content-Length: 0\r\n\r\n");
    advance(base::Duration::milliseconds(200));
  }
  size_t kept(im::EntryKind kind) const {
    size_t sum = 0;
    for (const auto& [key, entry] : log.entries) sum += key.kind == static_cast<uint8_t>(kind);
    return sum;
  }

  NoIq no_iq;
  base::Instant now{base::Duration::seconds(1000).ns};
  base::WallTime wall{1795448598000000};
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{1};
  engine::HashPartition partition{1};
  sip::Node node;
  im::StoreStatus answers = im::StoreStatus::ok;
  std::vector<im::StoreKind> asked;
  std::vector<std::string> sent;
  std::vector<base::SocketAddress> to;  // of the datagrams
  int count = 0;
  std::unique_ptr<im::Realm> realm;
  std::unique_ptr<sip::Service> service;
  std::unique_ptr<Open> open;
  std::unique_ptr<Registrar> registrar;
};

}  // namespace gateway
