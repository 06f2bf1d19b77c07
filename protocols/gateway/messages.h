// Messages between the users of this node and those of trunk peers: a MESSAGE becomes a stanza and
// is answered 202 when that is in the journal (owed_answers.h); a stanza becomes a MESSAGE and
// leaves the journal when that is answered 2xx. Each goes by itself, or in a session
// (sessions.h). Errors go back the way the message came. One a
// shard; all calls there: of a message from SIP, on the shard of the account that has sent it, or,
// where a trunk peer has, of its recipient. Peers may send only for users of their domains.
#pragma once

#include <string>
#include <unordered_map>

#include "engine/seam/turn.h"
#include "protocols/gateway/composing.h"
#include "protocols/gateway/owed_answers.h"
#include "protocols/gateway/pager.h"
#include "protocols/gateway/sessions.h"
#include "protocols/im/realm.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"
#include "protocols/xml/document.h"

namespace gateway {

class Messages final : public sip::Handler, private sip::ClientUser, private SessionMessages {
 public:
  // Messages to accounts that are not in memory, while the store is asked about them; then 503.
  static constexpr uint32_t kAskingMax = 1024;

  Messages(sip::Service& service, im::Realm& realm);

  void on_committed(engine::Turn& turn) { owed_.on_committed(turn); }

  engine::Owner owner_of(const sip::Received& request, engine::Turn& turn) override;
  void on_request(const sip::Received& request, engine::Turn& turn) override;
  // A message for a user of `peer`. False: it cannot be carried.
  bool take(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn);

 private:
  struct Asking;
  // What a stanza that SIP was given must be answered by.
  struct Sent {
    std::string from;
    std::string to;
    std::string id;
    im::MessageId message_id;
    im::StanzaType type = im::StanzaType::normal;

    im::Stanza stanza() const;
  };

  void hear_composing(const sip::Received& request, engine::Turn& turn);
  void in_session(const sip::Received& request, engine::Turn& turn);
  uint16_t admit(const sip::Received& request, engine::Turn& turn);
  void refuse(const sip::Received& request, uint16_t status, engine::Turn& turn);
  void ask(const sip::Received& request, base::Bytes account, engine::Turn& turn);
  void take_error(const im::Stanza& stanza, engine::Turn& turn);
  bool is_there(base::Bytes account) const;
  void accept(const sip::Received& request, const PageIn& page, engine::Turn& turn);
  void send(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn);
  void fail(const im::Stanza& stanza, im::ErrorCondition why, engine::Turn& turn);
  void on_response(uint64_t number, const sip::Message& response, const sip::Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;
  void taken(uint64_t number, engine::Turn& turn) override;
  void failed(uint64_t number, im::ErrorCondition why, engine::Turn& turn) override;
  void send_alone(uint64_t number, const PageOut& page, const sip::TrunkPeer& peer,
                  engine::Turn& turn) override;

  sip::Service& service_;
  im::Realm& realm_;
  OwedAnswers owed_;
  Sessions sessions_;
  Composing composing_;
  std::unordered_map<uint64_t, Sent> sent_;  // bounded by the transactions and queues below
  uint64_t last_number_ = 0;
  uint32_t asking_ = 0;
  const PageIn* accepting_ = nullptr;  // while the realm has it
  uint16_t refused_ = 0;               // what the realm said to that
  xml::Document document_;             // scratch, as the next ones
  Parties parties_;
  PageIn in_;
  PageOut out_;
};

}  // namespace gateway
