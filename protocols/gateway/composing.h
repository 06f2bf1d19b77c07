// Who is typing: RFC 3994's documents and XEP-0085's chat states in each other's words (RFC 7573
// §6), both ways, in sessions and without. Notices are worth nothing later: they are in no journal
// and no store, wait for nothing, begin no session, and what cannot be carried at once is dropped.
// The Messages', one a shard; all calls there. Limits below, counted.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "protocols/gateway/sessions.h"
#include "protocols/im/realm.h"
#include "protocols/sip/body/is_composing.h"
#include "protocols/xml/document.h"

namespace gateway {

class Composing final : private sip::ClientUser {
 public:
  static constexpr uint32_t kUnderWayMax = 256;  // that SIP has not answered
  static constexpr uint32_t kShownMax = 1024;    // of SIP users whom ours see typing
  // So long one is shown of whom nothing more is heard (RFC 3994 §3.4).
  static constexpr base::Duration kShownFor = base::Duration::seconds(120);

  Composing(sip::Service& service, im::Realm& realm, Sessions& sessions)
      : service_(service), realm_(realm), sessions_(sessions) {}

  // The chat state of a stanza without a body.
  void tell(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn);
  // A document from SIP. 0, or the status that refuses it.
  uint16_t hear(base::Bytes body, base::Bytes from, base::Bytes to, engine::Turn& turn);
  // A message has come: it says itself that he is not typing any more.
  void said(base::Bytes from, base::Bytes to);

 private:
  struct Shown {
    std::string from;
    std::string to;
    base::Instant until{};
  };
  bool tell_alone(const im::Stanza& stanza, const sip::TrunkPeer& peer, base::Bytes body,
                  engine::Turn& turn);
  void show(base::Bytes from, base::Bytes to, bool active, engine::Turn& turn);
  void on_time(engine::Turn& turn);
  void on_response(uint64_t number, const sip::Message& response, const sip::Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  sip::Service& service_;
  im::Realm& realm_;
  Sessions& sessions_;
  std::unordered_map<uint64_t, uint64_t> under_way_;  // TrunkPeer::id by number
  std::unordered_set<uint64_t> want_none_;            // peers that have said so
  std::deque<Shown> shown_;                           // in order of `until`
  uint64_t last_number_ = 0;
  engine::MemberTimer<Composing, &Composing::on_time> timer_{*this};
  sip::IsComposingReader reader_;  // scratch, as the next one
  xml::Document document_;
};

}  // namespace gateway
