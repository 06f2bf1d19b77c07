#include "protocols/sip/event/message_waiting.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"
#include "protocols/im/user.h"
#include "protocols/sip/address.h"
#include "protocols/sip/body/message_summary.h"

namespace sip {
namespace {

// In the store: what is still on its way there may be refused. To whom she blocks nothing waits.
uint32_t waiting(const Subscription& subscription) {
  CHECK(subscription.presentity != nullptr);
  if (subscription.watch_state != im::WatchState::active) return 0;
  const im::User& user = subscription.presentity->user();
  CHECK(user.offline_count >= user.appending);
  const uint64_t count = user.offline_count - user.appending + user.handed.size();
  return static_cast<uint32_t>(std::min<uint64_t>(count, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

// While they are being handed over, their number is an estimate.
bool MessageWaitingPackage::is_news(const Subscription& subscription) const {
  const bool known = subscription.presentity->user().flooding == nullptr;
  return known && subscription.told != waiting(subscription);
}

std::shared_ptr<const std::string> MessageWaitingPackage::body(const Subscription& subscription,
                                                               uint32_t) {
  const uint32_t count = waiting(subscription);
  std::string account;
  write_sip_uri(subscription.presentity->user().jid(), account);
  MessageSummary summary;
  summary.waiting = count > 0;
  summary.account = account;
  summary.has_text = true;
  summary.text.fresh = count;
  auto out = std::make_shared<std::string>();
  write_message_summary(summary, *out);
  return out;
}

void MessageWaitingPackage::on_sent(Subscription& subscription) {
  if (subscription.presentity != nullptr) subscription.told = waiting(subscription);
}

}  // namespace sip
