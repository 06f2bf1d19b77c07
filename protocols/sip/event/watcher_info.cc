#include "protocols/sip/event/watcher_info.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/im/user.h"
#include "protocols/sip/address.h"

namespace sip {
namespace {

std::string uri_of(base::Bytes bare_jid) {
  std::string uri;
  write_sip_uri(jid::JidView::trusted(bare_jid), uri);
  return uri;
}

}  // namespace

bool WatcherInfoPackage::is_news(const Subscription& subscription) const {
  const auto found = news_.find(subscription.id);
  return found != news_.end() && (found->second.everything || !found->second.changes.empty());
}

// Those in this state, as far as there is room.
void WatcherInfoPackage::list(const Subscription& subscription, im::WatchState state, size_t& left,
                              WatcherinfoWriter& writer) const {
  const bool pending = state == im::WatchState::pending;
  subscription.presentity->for_each_watcher([&](const im::Watcher& one) {
    const auto& watcher = static_cast<const Subscription&>(one);  // there are no others
    if (watcher.package != of_ || watcher.watch_state != state) return;
    if (watcher.end != SubscriptionEnd::none) return;
    if (left == 0) return trace::count(trace::Counter::sip_watchers_unlisted);
    --left;
    std::string id;
    append_tag(watcher.id, id);
    const std::string uri = uri_of(watcher.identity());
    writer.watcher({.uri = uri,
                    .id = id,
                    .status = pending ? WatcherStatus::pending : WatcherStatus::active,
                    .event = pending ? WatcherEvent::subscribe : WatcherEvent::approved});
  });
}

std::shared_ptr<const std::string> WatcherInfoPackage::body(const Subscription& subscription,
                                                            uint32_t version) {
  CHECK(subscription.presentity != nullptr);
  const auto found = news_.find(subscription.id);
  const bool everything = found == news_.end() || found->second.everything || version == 0;
  auto out = std::make_shared<std::string>();
  const std::string entity = uri_of(subscription.presentity->user().bare_jid.view());
  WatcherinfoWriter writer(entity, "presence", version, everything, *out);
  if (everything) {
    size_t left = kListedMax;
    list(subscription, im::WatchState::pending, left, writer);
    list(subscription, im::WatchState::active, left, writer);
  } else {
    for (const Change& one : found->second.changes) {
      std::string id;
      append_tag(one.id, id);
      writer.watcher({.uri = one.uri, .id = id, .status = one.status, .event = one.event});
    }
  }
  writer.end();
  return out;
}

void WatcherInfoPackage::on_asked(const Subscription& subscription) {
  const auto [found, is_new] = news_.try_emplace(subscription.id);
  found->second.everything = true;
  found->second.changes.clear();
  if (!is_new) return;
  found->second.account = subscription.presentity->user().bare_jid.view();
  subscribers_[found->second.account].push_back(subscription.id);
}

void WatcherInfoPackage::on_sent(Subscription& subscription) {
  const auto found = news_.find(subscription.id);
  if (found == news_.end()) return;
  found->second.everything = false;
  found->second.changes.clear();
}

void WatcherInfoPackage::on_ended(const Subscription& subscription) {
  const auto found = news_.find(subscription.id);
  if (found == news_.end()) return;
  const auto all = subscribers_.find(found->second.account);
  CHECK(all != subscribers_.end());
  std::erase(all->second, subscription.id);
  if (all->second.empty()) subscribers_.erase(all);
  news_.erase(found);
}

void WatcherInfoPackage::on_watcher(const Subscription& watcher, WatcherStatus status,
                                    WatcherEvent event, std::vector<uint64_t>& tell) {
  if (watcher.package != of_ || subscribers_.empty()) return;
  const auto all = subscribers_.find(watcher.presentity->user().bare_jid.view());
  if (all == subscribers_.end()) return;
  for (const uint64_t id : all->second) {
    News& news = news_.at(id);
    tell.push_back(id);
    if (news.everything) continue;
    std::erase_if(news.changes, [&](const Change& one) { return one.id == watcher.id; });
    news.changes.push_back({watcher.id, uri_of(watcher.identity()), status, event});
    if (news.changes.size() <= kChangesMax) continue;
    trace::count(trace::Counter::sip_watcher_changes_limit_hit);
    news.everything = true;
    news.changes.clear();
  }
}

}  // namespace sip
