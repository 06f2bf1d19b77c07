#include "protocols/sip/header/event.h"

#include <iterator>

#include "engine/base/check.h"
#include "engine/base/number.h"

namespace sip {
namespace {

constexpr base::Bytes kReasons[] = {"",        "deactivated", "probation",  "rejected",
                                    "timeout", "giveup",      "noresource", "invariant"};

SubscriptionState::State find_state(base::Bytes name) {
  using State = SubscriptionState::State;
  if (equal_ignoring_case(name, "active")) return State::active;
  if (equal_ignoring_case(name, "pending")) return State::pending;
  return equal_ignoring_case(name, "terminated") ? State::terminated : State::other;
}

SubscriptionState::Reason find_reason(base::Bytes name) {
  for (size_t i = 1; i < std::size(kReasons); ++i) {
    if (equal_ignoring_case(name, kReasons[i])) return static_cast<SubscriptionState::Reason>(i);
  }
  return SubscriptionState::Reason::other;
}

bool keep(const Parameter& parameter, SubscriptionState& out) {
  if (parameter.is("reason")) {
    out.reason = find_reason(parameter.value);
  } else if (parameter.is("expires")) {
    out.has_expires = true;
    return base::parse_u32(parameter.value, out.expires);
  } else if (parameter.is("retry-after")) {
    out.has_retry_after = true;
    return base::parse_u32(parameter.value, out.retry_after);
  }
  return true;
}

}  // namespace

bool parse_event(base::Bytes value, Event& out) {
  out = Event();
  Reader reader(value);
  out.package = reader.token();
  if (out.package.empty()) return false;
  const char* const from = reader.place();
  Parameter parameter;
  Step step;
  while ((step = reader.next_parameter(parameter)) == Step::one) {
    if (parameter.is("id")) out.id = parameter.value;
  }
  out.parameters = reader.since(from);
  return step == Step::none && reader.done();
}

Read read_event(const Message& message, Event& out) {
  const HeaderField* field = message.find(HeaderId::event);
  if (field == nullptr) return Read::absent;
  return parse_event(message.value(*field), out) ? Read::ok : Read::malformed;
}

bool parse_subscription_state(base::Bytes value, SubscriptionState& out) {
  out = SubscriptionState();
  Reader reader(value);
  const base::Bytes state = reader.token();
  if (state.empty()) return false;
  out.state = find_state(state);
  Parameter parameter;
  Step step;
  while ((step = reader.next_parameter(parameter)) == Step::one) {
    if (!keep(parameter, out)) return false;
  }
  return step == Step::none && reader.done();
}

Read read_subscription_state(const Message& message, SubscriptionState& out) {
  const HeaderField* field = message.find(HeaderId::subscription_state);
  if (field == nullptr) return Read::absent;
  return parse_subscription_state(message.value(*field), out) ? Read::ok : Read::malformed;
}

base::Bytes wire_name(SubscriptionState::Reason reason) {
  const auto at = static_cast<size_t>(reason);
  CHECK(at > 0 && at < std::size(kReasons));
  return kReasons[at];
}

}  // namespace sip
