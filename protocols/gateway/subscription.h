// Who asks to see whom, in the other wire's words (RFC 8048 §3, §4.1): what a gateway does on a
// presence stanza, on a SUBSCRIBE, on a NOTIFY, and on the failure of a SUBSCRIBE of its own.
// Tables as pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/im/stanza.h"

namespace gateway {

// For the SIP side of an XMPP stanza.
enum class SipStep : uint8_t {
  none,
  subscribe,        // a new dialog, Expires as configured
  unsubscribe,      // Expires 0 in the dialog; its 200 is answered with unsubscribed
  fetch,            // Expires 0 in a new dialog
  notify,           // active, with a document
  notify_rejected,  // terminated;reason=rejected
};
SipStep step_of(im::StanzaType type);  // of a presence stanza

// For the XMPP side of a SUBSCRIBE that has been answered with 200.
enum class Subscribe : uint8_t {
  first,    // begins a dialog
  refresh,  // in its dialog
  end,      // Expires 0 in its dialog
  fetch,    // Expires 0, begins one
};
enum class XmppStep : uint8_t {
  none,
  subscribe,     // presence subscribe to the user
  probe,         // unless her presence is known
  unavailable,   // presence unavailable; the authorization stays
  subscribed,    // presence subscribed
  unsubscribed,  // presence unsubscribed: the other side has refused
  presence,      // what the document says, or unavailable without one
};
XmppStep step_of(Subscribe request);

// For the XMPP side of a NOTIFY.
enum class Dialog : uint8_t { pending, active, terminated };
// What a gateway does about its own subscription when the notifier ends it (RFC 6665 §4.1.3).
enum class Again : uint8_t { no, at_once, later };
struct Notified {
  XmppStep step = XmppStep::none;
  XmppStep then = XmppStep::none;  // presence, after subscribed
  Again again = Again::no;
};
// `reason` of terminated, case does not count; `first`: no active one has come in this
// subscription.
Notified on_notify(Dialog state, base::Bytes reason, bool first);

// A SUBSCRIBE of ours was answered with this status, 300 to 699.
struct Refused {
  XmppStep step = XmppStep::none;  // unsubscribed: for good (RFC 8048 §4.1)
  Again again = Again::no;
};
Refused on_refused(uint16_t status);

}  // namespace gateway
