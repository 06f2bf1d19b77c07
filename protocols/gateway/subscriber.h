// The subscriber (RFC 6665 §4.1) for users of ours who watch users of trunk peers (RFC 8048 §3): a
// subscription or a probe becomes a SUBSCRIBE, of which each NOTIFY becomes presence. One of each
// pair, never shared: what a user may see is hers. Refreshed while she is there, and let go of when
// she is not; her next probe begins it anew, as after a restart.
// One a shard, on the shard that owns the local user; all calls there. Limits: as many as there may
// be subscriptions (sip::Options::subscriptions_max), counted.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocols/gateway/subscription.h"
#include "protocols/im/realm.h"
#include "protocols/sip/body/pidf_reader.h"
#include "protocols/sip/dialog/dialog.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace gateway {

class Subscriber final : public sip::Handler, private sip::ClientUser {
 public:
  Subscriber(sip::Service& service, im::Realm& realm);
  ~Subscriber() override;

  // Presence of type subscribe, unsubscribe or probe to a user of a peer. False: too many.
  bool take(const im::Stanza& stanza, engine::Turn& turn);

  engine::Owner owner_of(const sip::Received& request, engine::Turn& turn) override;
  void on_request(const sip::Received& request, engine::Turn& turn) override;

  size_t size() const { return watches_.size(); }

 private:
  struct Watch {
    explicit Watch(Subscriber& owner) : subscriber(owner) {}
    void on_time(engine::Turn& turn) { subscriber.on_time(*this, turn); }

    Subscriber& subscriber;
    uint64_t id = 0;
    std::string user;  // bare JIDs
    std::string contact;
    sip::Dialog dialog;
    // What the user has been shown: resource of the contact, and its presence, packed.
    std::vector<std::pair<std::string, std::string>> shown;
    bool granted = false;      // the roster knows, or has been told
    bool established = false;  // the dialog has its other end
    bool asking = false;       // a SUBSCRIBE is under way
    bool ending = false;       // the user wants no more
    bool leaving = false;      // the last SUBSCRIBE said so
    engine::MemberTimer<Watch, &Watch::on_time> timer{*this};
  };

  Watch* find(const im::Stanza& stanza);
  Watch* find(const sip::Received& notify);
  bool begin(const im::Stanza& stanza, engine::Turn& turn);
  void subscribe(Watch& watch, uint32_t seconds, engine::Turn& turn);
  void again(Watch& watch, Again when, engine::Turn& turn);
  void erase(Watch& watch);
  bool is_wanted(const Watch& watch) const;
  void tell_again(const Watch& watch, const im::Stanza& probe, engine::Turn& turn);
  void show(Watch& watch, const sip::Received& notify, engine::Turn& turn);
  void show_one(Watch& watch, base::Bytes resource, const im::Report& report,
                const im::ReportTuple& tuple, engine::Turn& turn);
  void hide(Watch& watch, size_t first, engine::Turn& turn);
  void tell(const Watch& watch, im::StanzaType type, engine::Turn& turn);
  void on_time(Watch& watch, engine::Turn& turn);
  void on_response(uint64_t number, const sip::Message& response, const sip::Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  sip::Service& service_;
  im::Realm& realm_;
  std::unordered_map<uint64_t, std::unique_ptr<Watch>> watches_;  // by id
  std::unordered_map<std::string, uint64_t> pairs_;               // user and contact
  sip::PidfReader reader_;                                        // scratch, as the next ones
  im::Report report_;
  std::string account_;
};

}  // namespace gateway
