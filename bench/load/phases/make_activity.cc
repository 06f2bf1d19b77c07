#include "bench/load/phases/login.h"
#include "bench/load/phases/messages.h"
#include "bench/load/phases/office.h"
#include "bench/load/phases/presence.h"
#include "bench/load/phases/reconnect.h"
#include "bench/load/phases/roster.h"
#include "bench/load/phases/sip_notify.h"
#include "bench/load/phases/sip_requests.h"

namespace load {

// Nothing, until the time is over.
class Rest final : public Activity {
 public:
  using Activity::Activity;
  int64_t on_turn(int64_t) override { return stage_.order.measure_to; }
  bool over(int64_t now) override { return now >= stage_.order.measure_to; }
  void finish() override { stage_.report.units.count = stage_.crowd.ready(); }
};

std::unique_ptr<Activity> make_activity(const Stage& stage) {
  switch (stage.phase.kind) {
    case PhaseKind::login:
      return std::make_unique<LoginStorm>(stage);
    case PhaseKind::logout:
      return std::make_unique<Logout>(stage);
    case PhaseKind::memory:
      return std::make_unique<Rest>(stage);
    case PhaseKind::messages:
      return std::make_unique<Messages>(stage);
    case PhaseKind::presence:
      return std::make_unique<PresenceChanges>(stage);
    case PhaseKind::roster:
      return std::make_unique<RosterFetch>(stage);
    case PhaseKind::office:
      return std::make_unique<OfficeDay>(stage);
    case PhaseKind::reconnect:
      return std::make_unique<Reconnect>(stage);
    case PhaseKind::sip_options:
      return std::make_unique<SipOptions>(stage);
    case PhaseKind::sip_message:
      return std::make_unique<SipMessages>(stage);
    case PhaseKind::sip_publish:
      return std::make_unique<SipPublish>(stage);
    case PhaseKind::sip_subscribe:
      return std::make_unique<SipSubscribe>(stage);
    case PhaseKind::sip_notify:
      return std::make_unique<SipNotify>(stage);
    case PhaseKind::sip_hold:
      return std::make_unique<SipHold>(stage);
  }
  return nullptr;
}

}  // namespace load
