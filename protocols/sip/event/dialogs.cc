#include "protocols/sip/event/dialogs.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "protocols/im/user.h"
#include "protocols/sip/address.h"
#include "protocols/sip/body/dialog_info.h"

namespace sip {
namespace {

// Talking outdoes ringing, ringing a call on hold.
int weight(im::LineState state) {
  constexpr std::array<int, 5> kWeights = {0, 0, 2, 3, 1};  // by im::LineState
  return kWeights[static_cast<size_t>(state)];
}

// The busiest of her lines. A client that says that she is on the phone counts as one.
im::LineState line_of(const im::Presentity& presentity) {
  im::LineState busiest = im::LineState::idle;
  im::Report report;
  for (const im::Publication& one : presentity.publications()) {
    if (one.kind != im::SourceKind::line) continue;
    CHECK(im::unpack(one.report.view(), report));
    if (weight(report.line) > weight(busiest)) busiest = report.line;
  }
  const bool said = presentity.composed().activities.has(im::Activity::on_the_phone);
  return weight(busiest) == 0 && said ? im::LineState::busy : busiest;
}

im::LineState seen(const Subscription& subscription) {
  CHECK(subscription.presentity != nullptr);
  const bool sees = subscription.watch_state == im::WatchState::active;
  return sees ? line_of(*subscription.presentity) : im::LineState::idle;
}

bool has_body(const Subscription& subscription) {
  return subscription.watch_state == im::WatchState::active ||
         subscription.watch_state == im::WatchState::blocked;
}

// Subscription::told.
uint8_t present(const Subscription& subscription) {
  const auto line = static_cast<uint8_t>(seen(subscription));
  return static_cast<uint8_t>(1 + line + (has_body(subscription) ? 8 : 0));
}

}  // namespace

bool DialogPackage::is_news(const Subscription& subscription) const {
  return subscription.told != present(subscription);
}

std::shared_ptr<const std::string> DialogPackage::body(const Subscription& subscription,
                                                       uint32_t version) {
  if (!has_body(subscription)) return nullptr;
  std::string entity;
  write_sip_uri(subscription.presentity->user().jid(), entity);
  auto out = std::make_shared<std::string>();
  write_dialog_info(entity, version, seen(subscription), *out);
  return out;
}

void DialogPackage::on_sent(Subscription& subscription) {
  if (subscription.presentity != nullptr) subscription.told = present(subscription);
}

}  // namespace sip
