// Extensions between clients that ask nothing of a server but to leave their elements alone. They
// are listed because we test that it does, and because some of them steer what we copy, hold back
// and store (im::Facts). None is announced: a server does not speak for its clients.
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {

constexpr base::Bytes kUntouched = "passed through untouched";

constinit const Feature chat_states{
    .xep = 85,
    .title = "Chat State Notifications",
    .version = "2.1",
    .note = "passed through untouched; a message with nothing else is not stored offline"};

constinit const Feature vcard_avatars{
    .xep = 153,
    .title = "vCard-Based Avatars",
    .version = "1.1.1",
    .note = "passed through untouched; the photo lives in the vCard"};

constinit const Feature delivery_receipts{
    .xep = 184, .title = "Message Delivery Receipts", .version = "1.4.0", .note = kUntouched};

constinit const Feature message_correction{
    .xep = 308, .title = "Last Message Correction", .version = "1.2.1", .note = kUntouched};

constinit const Feature displayed_markers{
    .xep = 333, .title = "Displayed Markers", .version = "1.0.0", .note = kUntouched};

constinit const Feature explicit_encryption{
    .xep = 380, .title = "Explicit Message Encryption", .version = "0.4.0", .note = kUntouched};

constinit const Feature fallback_indication{
    .xep = 428, .title = "Fallback Indication", .version = "0.2.1", .note = kUntouched};

}  // namespace xmpp::xep
