// Asks a feature something without a stream around it: a real realm, its effects left in an outbox,
// the questions to the store answered by the test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "protocols/im/realm.h"
#include "protocols/xml/document.h"
#include "protocols/xmpp/feature.h"
#include "tests/support/memory_log.h"

namespace xmpp::xep {

struct NoTimers final : engine::Timers {
  void arm(engine::Timer&, base::Instant) override {}
};

struct OneShard final : engine::Partition {
  engine::Owner owner(base::Bytes) const override { return {}; }
  engine::ShardId shards() const override { return 1; }
  engine::NodeId here() const override { return 0; }
};

struct NoAccountIq final : im::AccountIq {
  bool on_account_iq(im::User&, const im::Stanza&, engine::Turn&) override { return false; }
};

struct Client final : im::Resource {
  void deliver(const im::Stanza& stanza, engine::Turn&) override {
    std::string xml;
    im::write(stanza, stanza.to, {}, xml);
    delivered.push_back(xml);
  }
  void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
  void push_blocking(bool added, const std::vector<std::string>& jids, engine::Turn&) override {
    std::string text = added ? "block" : "unblock";
    for (const std::string& jid : jids) text += " " + jid;
    pushes.push_back(text);
  }
  void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
  void end(im::Farewell, engine::Turn&) override {}
  std::vector<std::string> delivered;
  std::vector<std::string> pushes;
};

struct BindNoted final : im::Realm::Binding {
  void bound(im::BindResult r, engine::Turn&) override { result = r; }
  im::BindResult result = im::BindResult::failed;
};

struct FakeRequest final : Request {
  FakeRequest(engine::Turn& t, im::Realm& r, const Options& o, const im::Stanza& s, xml::Element p,
              im::User* u, To a)
      : Request(t, r, o, s, p, nullptr, u, a) {}
  void result(base::Bytes xml) override { answer("result " + std::string(xml)); }
  void error(im::ErrorCondition condition, base::Bytes) override {
    answer("error " + std::string(im::name(condition)));
  }
  ReplyAddress later() override {
    answer("later");
    return {std::string(stanza.from.full()), std::string(stanza.to.full()), std::string(stanza.id)};
  }
  void answer(std::string text) {
    EXPECT_TRUE(answered.empty()) << "answered twice: " << answered << ", " << text;
    answered = std::move(text);
  }
  std::string answered;
};

class XepTest : public testing::Test {
 protected:
  XepTest() {
    im_options->domains = {"host"};
    options.im = im_options;
    realm = std::make_unique<im::Realm>(0, partition, im_options, account_iq);
    romeo.full_jid = "romeo@host/orchard";
    BindNoted binding;
    realm->bind(romeo, binding, turn);
    auto question = take_question();
    CHECK(question != nullptr);
    question->status = im::StoreStatus::ok;
    realm->on_answer(std::move(question), turn);
    EXPECT_EQ(binding.result, im::BindResult::bound);
  }
  ~XepTest() override { realm->unbind(romeo, turn); }

  // The hook's answer: "result …", "error condition", "later", or "" if there is no such hook.
  std::string ask(const Feature& feature, IqKind kind, To to, const std::string& payload) {
    return ask(feature.hooks, kind, to, payload);
  }
  std::string ask(std::span<const Hook> hooks, IqKind kind, To to, const std::string& payload) {
    const std::string iq = "<iq xmlns='jabber:client'>" + payload + "</iq>";  // outlives the tape
    EXPECT_EQ(document.parse(iq, xml::Limits{}), xml::Verdict::ok);
    im::Stanza stanza;
    stanza.kind = im::StanzaKind::iq;
    stanza.type = kind == IqKind::get ? im::StanzaType::get : im::StanzaType::set;
    stanza.from = jid::JidView::trusted(from);
    stanza.id = "1";
    if (to == To::host) stanza.to = jid::JidView::trusted("host");
    const xml::Element element = document.root().first_child();
    FakeRequest request(turn, *realm, options, stanza, element,
                        to == To::host ? nullptr : romeo.user, to);
    for (const Hook& hook : hooks) {
      const bool meant = (hook.to & static_cast<uint8_t>(to)) != 0 && hook.kind == kind;
      if (meant && element.is(hook.name, hook.ns)) hook.answer(request);
    }
    return request.answered;
  }

  std::unique_ptr<im::StoreRequest> take_question() {
    std::unique_ptr<im::StoreRequest> found;
    for (const engine::Effect& effect : out.effects()) {
      if (effect.kind != engine::EffectKind::ask) continue;
      auto* request = static_cast<im::StoreRequest*>(out.take_question(effect).release());
      if (found == nullptr) {
        found.reset(request);
      } else {
        waiting.emplace_back(request);
      }
    }
    out.clear();
    if (found == nullptr && !waiting.empty()) {
      found = std::move(waiting.front());
      waiting.erase(waiting.begin());
    }
    return found;
  }
  // What the client is told once the store has said `status`.
  std::string settle(std::unique_ptr<im::StoreRequest> question, im::StoreStatus status,
                     const std::string& text = {}) {
    question->status = status;
    if (status == im::StoreStatus::ok && !text.empty()) question->text = text;
    romeo.delivered.clear();
    realm->on_answer(std::move(question), turn);
    return romeo.delivered.empty() ? "" : romeo.delivered.front();
  }

  base::Prng random{1};
  engine::Outbox out;
  NoTimers timers;
  tests::MemoryLog log;
  engine::Turn turn{base::Instant{5'000'000'000},
                    base::WallTime{1'700'000'000'000'000},
                    0,
                    out,
                    timers,
                    log,
                    random};
  OneShard partition;
  NoAccountIq account_iq;
  std::shared_ptr<im::Options> im_options = std::make_shared<im::Options>();
  Options options;
  std::unique_ptr<im::Realm> realm;
  Client romeo;
  std::string from = "romeo@host/orchard";
  xml::Document document;
  std::vector<std::unique_ptr<im::StoreRequest>> waiting;
};

}  // namespace xmpp::xep
