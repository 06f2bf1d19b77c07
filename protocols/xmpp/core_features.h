// The parts of RFC 6120 and RFC 6121 that are answers to IQs, as Features like any extension.
// Constants; any shard.
#pragma once

#include "protocols/xmpp/feature.h"

namespace xmpp::core {

extern const Feature roster;                  // roster_iq.cc: RFC 6121 §2
extern const Feature session_establishment;   // session_iq.cc: RFC 3921 §3, kept for old clients

}  // namespace xmpp::core
