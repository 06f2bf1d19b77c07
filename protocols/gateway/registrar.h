// REGISTER (RFC 3261 §10): where the SIP clients of a user are, by the flow that each has
// registered from, and messages to them. A message is the client's when it has answered MESSAGE
// with 2xx; what it does not answer goes to the user's other clients or to the store, and it gets
// no more until it registers again. A connection's end is that of its clients; those by datagram
// are in the journal. One a shard, for the accounts of that shard; all calls there. Limits below
// and in SipClient.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "protocols/gateway/pager.h"
#include "protocols/gateway/registration.h"
#include "protocols/gateway/sip_client.h"
#include "protocols/sip/service.h"
#include "protocols/xml/document.h"

namespace gateway {

class Registrar final : public sip::Handler, public sip::FlowUser, private sip::ClientUser {
 public:
  static constexpr size_t kClientsMax = 8;  // of an account; then 503

  // Answers REGISTER where digest is on.
  Registrar(sip::Service& service, im::Realm& realm);
  ~Registrar() override;

  void on_recovered(const std::vector<engine::JournalEntry>& entries, engine::Turn& turn);
  void on_shutdown(engine::Turn& turn);

  engine::Owner owner_of(const sip::Received& request, engine::Turn& turn) override;
  void on_request(const sip::Received& request, engine::Turn& turn) override;
  void on_flow_closed(const sip::Flow& flow, engine::ShardId shard, engine::Turn& turn) override;

  // SipClient's.
  void deliver(SipClient& client, const im::Stanza& stanza, engine::Turn& turn);
  void bound(SipClient& client, im::BindResult result, engine::Turn& turn);
  void on_time(SipClient& client, engine::Turn& turn);

 private:
  using Clients = std::vector<std::unique_ptr<SipClient>>;
  using FlowKey = std::pair<engine::ShardId, engine::ConnectionId>;
  // What becomes of a message that a client was given.
  enum class Fate : uint8_t { taken, refused, returned };
  struct Given {
    uint64_t client = 0;
    std::string account;
    std::string stanza;  // packed
    im::MessageId message_id;
    uint64_t stored_id = 0;
  };
  // What the realm must not be told while it is in the middle of something.
  struct Later {
    Given given;
    Fate fate = Fate::taken;
    im::ErrorCondition why = im::ErrorCondition::service_unavailable;
  };

  bool may_register(const sip::Received& request) const;
  uint16_t allow(const Registration& wish, const sip::Received& request, Clients& clients) const;
  void apply(const Registration& wish, const sip::Received& request, engine::Turn& turn);
  void keep(SipClient& client, const Registration::Contact& wish, const sip::Received& request,
            engine::Turn& turn);
  void enter(SipClient& client, engine::Turn& turn);
  void leave(SipClient& client, engine::Turn& turn);
  void respond(const sip::Received& request, SipClient* waits, engine::Turn& turn);
  std::string answer(const sip::Received& request, uint16_t status, engine::Turn& turn);
  void refuse(const sip::Received& request, uint16_t status, engine::Turn& turn);
  SipClient& add(base::Bytes account);
  void remove(SipClient& client, engine::Turn& turn);
  SipClient* find(uint64_t serial);
  static SipClient* find(Clients& clients, base::Bytes contact);
  Given given(const SipClient& client, const im::Stanza& stanza) const;
  void later(Later what, engine::Turn& turn);
  void on_later(engine::Turn& turn);
  void settle(const Given& given, Fate fate, im::ErrorCondition why, engine::Turn& turn);
  void finished(uint64_t number, Fate fate, im::ErrorCondition why, engine::Turn& turn);
  void on_response(uint64_t number, const sip::Message& response, const sip::Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  sip::Service& service_;
  im::Realm& realm_;
  base::StringMap<Clients> clients_;                    // by account
  std::unordered_map<uint64_t, SipClient*> by_serial_;  // all of them
  std::multimap<FlowKey, SipClient*> by_flow_;          // those by connection
  std::map<uint64_t, Given> given_;  // messages under way, bounded by the transactions
  std::vector<Later> later_;
  std::vector<uint64_t> newly_bound_;
  uint64_t last_serial_ = 0;
  uint64_t last_number_ = 0;
  engine::MemberTimer<Registrar, &Registrar::on_later> timer_{*this};
  xml::Document document_;  // scratch, as the next one
  PageOut out_;
};

}  // namespace gateway
