// A registered SIP client: a binding of RFC 3261 §10, and a resource of its user, who gets messages
// by it. Nothing of it is told as presence: that is PUBLISH's. The Registrar's, who does
// everything.
#pragma once

#include <string>

#include "protocols/gateway/binding.h"
#include "protocols/im/realm.h"
#include "protocols/sip/handler.h"

namespace gateway {

class Registrar;

class SipClient final : public im::Resource, public im::Realm::Binding {
 public:
  static constexpr uint32_t kUnderWayMax = 16;  // then stored messages wait

  SipClient(Registrar& registrar, uint64_t serial) : serial(serial), registrar_(registrar) {}

  void deliver(const im::Stanza& stanza, engine::Turn& turn) override;
  void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
  void push_blocking(bool, const std::vector<std::string>&, engine::Turn&) override {}
  void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
  void end(im::Farewell why, engine::Turn& turn) override;
  bool congested() const override { return under_way >= kUnderWayMax; }
  void bound(im::BindResult result, engine::Turn& turn) override;
  void on_time(engine::Turn& turn);

  const uint64_t serial;
  gateway::Binding binding;
  sip::Flow flow;  // the way to it, of `shard`
  engine::ShardId shard = 0;
  base::Instant until{};
  uint64_t entry = 0;      // of the journal; 0: none
  uint32_t under_way = 0;  // messages it has not answered
  // The REGISTER that waits for the account to be read; empty: none does.
  sip::ReturnPath back;
  std::string accepted;
  std::string refused;
  engine::MemberTimer<SipClient, &SipClient::on_time> timer{*this};

 private:
  Registrar& registrar_;
};

}  // namespace gateway
