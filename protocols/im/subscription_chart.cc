#include "protocols/im/subscription_chart.h"

#include "engine/base/check.h"

namespace im {

bool possible(SubscriptionState state) {
  return !(state.ask && state.to) && !(state.pending_in && state.from);
}

SubscriptionState state_of(const Contact* contact) {
  if (contact == nullptr) return {};
  return {contact->to, contact->from, contact->ask, contact->pending_in, contact->approved};
}

void set_state(Contact& contact, SubscriptionState state) {
  CHECK(possible(state));
  contact.to = state.to;
  contact.from = state.from;
  contact.ask = state.ask;
  contact.pending_in = state.pending_in;
  contact.approved = state.approved;
}

OutboundStep outbound(StanzaType type, SubscriptionState state) {
  CHECK(possible(state));
  SubscriptionState next = state;
  switch (type) {
    case StanzaType::subscribe:
      next.ask = !state.to;
      return {next, true};
    case StanzaType::unsubscribe:
      next.to = next.ask = false;
      return {next, true};
    case StanzaType::subscribed:
      if (state.pending_in) {
        next.pending_in = false;
        next.from = true;
        return {next, true};
      }
      // §3.4.2: where nobody has asked, it is an approval in advance, and our secret.
      if (!state.from) next.approved = true;
      return {next, false};
    case StanzaType::unsubscribed:
      next.from = next.pending_in = next.approved = false;
      return {next, state.from || state.pending_in};
    default:
      CHECK(false);
  }
}

InboundStep inbound(StanzaType type, SubscriptionState state) {
  CHECK(possible(state));
  SubscriptionState next = state;
  switch (type) {
    case StanzaType::subscribe:
      if (state.from) return {state, false, StanzaType::subscribed};
      if (state.approved) {
        next.from = true;
        next.pending_in = false;
        return {next, false, StanzaType::subscribed};
      }
      next.pending_in = true;
      return {next, !state.pending_in, std::nullopt};
    case StanzaType::unsubscribe:
      if (!state.from && !state.pending_in) return {state, false, std::nullopt};
      next.from = next.pending_in = false;
      return {next, true, StanzaType::unsubscribed};
    case StanzaType::subscribed:
      if (!state.ask) return {state, false, std::nullopt};
      next.to = true;
      next.ask = false;
      return {next, true, std::nullopt};
    case StanzaType::unsubscribed:
      // §4.3.2: the answer to a probe must not take a pre-approval away.
      if (!state.to && !state.ask) return {state, false, std::nullopt};
      next.to = next.ask = false;
      return {next, true, std::nullopt};
    default:
      CHECK(false);
  }
}

}  // namespace im
