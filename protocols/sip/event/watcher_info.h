// The watcher information package (RFC 3857) for presence: who subscribes to a user by SIP, told to
// herself alone; first everybody, then, each time, those whose subscription has changed. XMPP
// contacts are in her roster and not here.
// One a shard; its calls there. Limits: kListedMax watchers in a document, those who wait for her
// word first; kChangesMax changes that wait for a NOTIFY, then the next one tells everything; both
// counted.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/hash.h"
#include "protocols/sip/event/package.h"

namespace sip {

class WatcherInfoPackage final : public Package {
 public:
  static constexpr size_t kListedMax = 250;
  static constexpr size_t kChangesMax = 32;

  // `of`: the package whose watchers these are; its place among the notifier's.
  explicit WatcherInfoPackage(uint8_t of) : of_(of) {}

  base::Bytes name() const override { return "presence.winfo"; }
  base::Bytes media_type() const override { return "application/watcherinfo+xml"; }
  Audience audience() const override { return Audience::herself; }
  bool is_news(const Subscription& subscription) const override;
  std::shared_ptr<const std::string> body(const Subscription& subscription,
                                          uint32_t version) override;
  void on_asked(const Subscription& subscription) override;
  void on_sent(Subscription& subscription) override;
  void on_ended(const Subscription& subscription) override;
  void on_watcher(const Subscription& watcher, WatcherStatus status, WatcherEvent event,
                  std::vector<uint64_t>& tell) override;

 private:
  struct Change {
    uint64_t id = 0;
    std::string uri;
    WatcherStatus status = WatcherStatus::pending;
    WatcherEvent event = WatcherEvent::subscribe;
  };
  // Of one subscriber: what he is still to be told.
  struct News {
    std::string account;
    bool everything = true;
    std::vector<Change> changes;
  };
  void list(const Subscription& subscription, im::WatchState state, size_t& left,
            WatcherinfoWriter& writer) const;

  const uint8_t of_;
  std::unordered_map<uint64_t, News> news_;             // by subscription
  base::StringMap<std::vector<uint64_t>> subscribers_;  // by account
};

}  // namespace sip
