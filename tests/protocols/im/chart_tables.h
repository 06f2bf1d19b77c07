// The tables of RFC 6121 Appendix A as data.
// Read only; the tests walk every row.
#pragma once

#include <optional>

#include "protocols/im/subscription_chart.h"

namespace im_test {

enum State { kNone, kNoneOut, kNoneIn, kNoneOutIn, kTo, kToIn, kFrom, kFromOut, kBoth };
constexpr State kStates[] = {kNone, kNoneOut, kNoneIn,  kNoneOutIn, kTo,
                             kToIn, kFrom,    kFromOut, kBoth};

inline im::SubscriptionState state(State s) {
  return {.to = s == kTo || s == kToIn || s == kBoth,
          .from = s == kFrom || s == kFromOut || s == kBoth,
          .ask = s == kNoneOut || s == kNoneOutIn || s == kFromOut,
          .pending_in = s == kNoneIn || s == kNoneOutIn || s == kToIn};
}

inline const char* text(State s) {
  constexpr const char* kTexts[] = {"None",
                                    "None + Pending Out",
                                    "None + Pending In",
                                    "None + Pending Out+In",
                                    "To",
                                    "To + Pending In",
                                    "From",
                                    "From + Pending Out",
                                    "Both"};
  return kTexts[s];
}

struct OutboundRow {
  im::StanzaType type;
  State before;
  bool route;
  State after;
  bool approves = false;
};

using T = im::StanzaType;

constexpr OutboundRow kOutbound[] = {
    // Table 2
    {T::subscribe, kNone, true, kNoneOut},
    {T::subscribe, kNoneOut, true, kNoneOut},
    {T::subscribe, kNoneIn, true, kNoneOutIn},
    {T::subscribe, kNoneOutIn, true, kNoneOutIn},
    {T::subscribe, kTo, true, kTo},
    {T::subscribe, kToIn, true, kToIn},
    {T::subscribe, kFrom, true, kFromOut},
    {T::subscribe, kFromOut, true, kFromOut},
    {T::subscribe, kBoth, true, kBoth},
    // Table 3
    {T::unsubscribe, kNone, true, kNone},
    {T::unsubscribe, kNoneOut, true, kNone},
    {T::unsubscribe, kNoneIn, true, kNoneIn},
    {T::unsubscribe, kNoneOutIn, true, kNoneIn},
    {T::unsubscribe, kTo, true, kNone},
    {T::unsubscribe, kToIn, true, kNoneIn},
    {T::unsubscribe, kFrom, true, kFrom},
    {T::unsubscribe, kFromOut, true, kFrom},
    {T::unsubscribe, kBoth, true, kFrom},
    // Table 4
    {T::subscribed, kNone, false, kNone, true},
    {T::subscribed, kNoneOut, false, kNoneOut, true},
    {T::subscribed, kNoneIn, true, kFrom},
    {T::subscribed, kNoneOutIn, true, kFromOut},
    {T::subscribed, kTo, false, kTo, true},
    {T::subscribed, kToIn, true, kBoth},
    {T::subscribed, kFrom, false, kFrom},
    {T::subscribed, kFromOut, false, kFromOut},
    {T::subscribed, kBoth, false, kBoth},
    // Table 5
    {T::unsubscribed, kNone, false, kNone},
    {T::unsubscribed, kNoneOut, false, kNoneOut},
    {T::unsubscribed, kNoneIn, true, kNone},
    {T::unsubscribed, kNoneOutIn, true, kNoneOut},
    {T::unsubscribed, kTo, false, kTo},
    {T::unsubscribed, kToIn, true, kTo},
    {T::unsubscribed, kFrom, true, kNone},
    {T::unsubscribed, kFromOut, true, kNoneOut},
    {T::unsubscribed, kBoth, true, kTo},
};

struct InboundRow {
  im::StanzaType type;
  State before;
  bool deliver;
  State after;
  std::optional<im::StanzaType> reply = std::nullopt;
};

constexpr InboundRow kInbound[] = {
    // Table 6
    {T::subscribe, kNone, true, kNoneIn},
    {T::subscribe, kNoneOut, true, kNoneOutIn},
    {T::subscribe, kNoneIn, false, kNoneIn},
    {T::subscribe, kNoneOutIn, false, kNoneOutIn},
    {T::subscribe, kTo, true, kToIn},
    {T::subscribe, kToIn, false, kToIn},
    {T::subscribe, kFrom, false, kFrom, T::subscribed},
    {T::subscribe, kFromOut, false, kFromOut, T::subscribed},
    {T::subscribe, kBoth, false, kBoth, T::subscribed},
    // Table 7
    {T::unsubscribe, kNone, false, kNone},
    {T::unsubscribe, kNoneOut, false, kNoneOut},
    {T::unsubscribe, kNoneIn, true, kNone, T::unsubscribed},
    {T::unsubscribe, kNoneOutIn, true, kNoneOut, T::unsubscribed},
    {T::unsubscribe, kTo, false, kTo},
    {T::unsubscribe, kToIn, true, kTo, T::unsubscribed},
    {T::unsubscribe, kFrom, true, kNone, T::unsubscribed},
    {T::unsubscribe, kFromOut, true, kNoneOut, T::unsubscribed},
    {T::unsubscribe, kBoth, true, kTo, T::unsubscribed},
    // Table 8
    {T::subscribed, kNone, false, kNone},
    {T::subscribed, kNoneOut, true, kTo},
    {T::subscribed, kNoneIn, false, kNoneIn},
    {T::subscribed, kNoneOutIn, true, kToIn},
    {T::subscribed, kTo, false, kTo},
    {T::subscribed, kToIn, false, kToIn},
    {T::subscribed, kFrom, false, kFrom},
    {T::subscribed, kFromOut, true, kBoth},
    {T::subscribed, kBoth, false, kBoth},
    // Table 9
    {T::unsubscribed, kNone, false, kNone},
    {T::unsubscribed, kNoneOut, true, kNone},
    {T::unsubscribed, kNoneIn, false, kNoneIn},
    {T::unsubscribed, kNoneOutIn, true, kNoneIn},
    {T::unsubscribed, kTo, true, kNone},
    {T::unsubscribed, kToIn, true, kNoneIn},
    {T::unsubscribed, kFrom, false, kFrom},
    {T::unsubscribed, kFromOut, true, kFrom},
    {T::unsubscribed, kBoth, true, kFrom},
};

}  // namespace im_test
