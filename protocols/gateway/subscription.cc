#include "protocols/gateway/subscription.h"

#include "engine/base/check.h"
#include "protocols/sip/message/characters.h"

namespace gateway {
namespace {

struct ReasonRow {
  base::Bytes reason;
  XmppStep step;
  Again again;
};
// RFC 6665 §4.1.3. "timeout" is what our own end of a subscription is answered with, too: whoever
// wanted the end does not ask for more.
constexpr ReasonRow kReasons[] = {
    {"deactivated", XmppStep::none, Again::at_once},
    {"probation", XmppStep::none, Again::later},
    {"rejected", XmppStep::unsubscribed, Again::no},
    {"timeout", XmppStep::none, Again::at_once},
    {"giveup", XmppStep::none, Again::later},
    {"noresource", XmppStep::unsubscribed, Again::no},
    {"invariant", XmppStep::none, Again::no},
};

struct StatusRow {
  uint16_t status;
  XmppStep step;
  Again again;
};
// RFC 8048 §4.1 names 403, 489 and 603 as permanent, 423 and 481 as passing; the others follow RFC
// 3261 §21: what another address, or time, may mend is no refusal by the user.
constexpr StatusRow kStatuses[] = {
    {403, XmppStep::unsubscribed, Again::no}, {404, XmppStep::unsubscribed, Again::no},
    {410, XmppStep::unsubscribed, Again::no}, {423, XmppStep::none, Again::at_once},
    {481, XmppStep::none, Again::at_once},    {489, XmppStep::unsubscribed, Again::no},
    {603, XmppStep::unsubscribed, Again::no}, {604, XmppStep::unsubscribed, Again::no},
};

}  // namespace

SipStep step_of(im::StanzaType type) {
  switch (type) {
    case im::StanzaType::subscribe:
      return SipStep::subscribe;
    case im::StanzaType::unsubscribe:
      return SipStep::unsubscribe;
    case im::StanzaType::probe:
      return SipStep::fetch;
    case im::StanzaType::subscribed:
    case im::StanzaType::available:
    case im::StanzaType::unavailable:
      return SipStep::notify;
    case im::StanzaType::unsubscribed:
      return SipStep::notify_rejected;
    default:
      return SipStep::none;  // errors: what they answer is known to be answered
  }
}

XmppStep step_of(Subscribe request) {
  switch (request) {
    case Subscribe::first:
      return XmppStep::subscribe;
    case Subscribe::refresh:
      return XmppStep::none;
    case Subscribe::end:
      return XmppStep::unavailable;
    case Subscribe::fetch:
      return XmppStep::probe;
  }
  CHECK(false);
  return XmppStep::none;
}

Notified on_notify(Dialog state, base::Bytes reason, bool first) {
  switch (state) {
    case Dialog::pending:
      return {};
    case Dialog::active:
      if (first) return {XmppStep::subscribed, XmppStep::presence, Again::no};
      return {XmppStep::presence, XmppStep::none, Again::no};
    case Dialog::terminated:
      for (const ReasonRow& row : kReasons) {
        if (sip::equal_ignoring_case(row.reason, reason)) {
          return {row.step, XmppStep::none, row.again};
        }
      }
      return {XmppStep::none, XmppStep::none, Again::at_once};  // none, or one we do not know
  }
  CHECK(false);
  return {};
}

Refused on_refused(uint16_t status) {
  CHECK(status >= 300 && status < 700);
  for (const StatusRow& row : kStatuses) {
    if (row.status == status) return {row.step, row.again};
  }
  return {XmppStep::none, Again::later};
}

}  // namespace gateway
