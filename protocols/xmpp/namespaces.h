// Namespace names that more than one file of the XMPP core writes or compares.
// Constants; any shard.
#pragma once

#include "engine/base/bytes.h"

namespace xmpp::ns {

inline constexpr base::Bytes kStreams = "http://etherx.jabber.org/streams";
inline constexpr base::Bytes kClient = "jabber:client";
inline constexpr base::Bytes kTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr base::Bytes kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr base::Bytes kBind = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr base::Bytes kSession = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr base::Bytes kStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr base::Bytes kStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr base::Bytes kStreamManagement = "urn:xmpp:sm:3";   // XEP-0198
inline constexpr base::Bytes kClientState = "urn:xmpp:csi:0";       // XEP-0352
inline constexpr base::Bytes kRoster = "jabber:iq:roster";
inline constexpr base::Bytes kXml = "http://www.w3.org/XML/1998/namespace";
inline constexpr base::Bytes kCarbons = "urn:xmpp:carbons:2";       // XEP-0280
inline constexpr base::Bytes kForward = "urn:xmpp:forward:0";       // XEP-0297
inline constexpr base::Bytes kBlocking = "urn:xmpp:blocking";       // XEP-0191
inline constexpr base::Bytes kHints = "urn:xmpp:hints";             // XEP-0334
inline constexpr base::Bytes kStanzaId = "urn:xmpp:sid:0";          // XEP-0359
inline constexpr base::Bytes kDelay = "urn:xmpp:delay";             // XEP-0203

}  // namespace xmpp::ns
