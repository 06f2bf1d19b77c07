// Namespaces and the stream header, for the files of the simulated client and for tests that speak
// XMPP over sockets of their own.
// Constants; any thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace sim {

constexpr base::Bytes kClient = "jabber:client";
constexpr base::Bytes kStreams = "http://etherx.jabber.org/streams";
constexpr base::Bytes kStreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
constexpr base::Bytes kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr base::Bytes kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
constexpr base::Bytes kManagement = "urn:xmpp:sm:3";
constexpr base::Bytes kCarbons = "urn:xmpp:carbons:2";
constexpr base::Bytes kForward = "urn:xmpp:forward:0";

inline std::string stream_header(base::Bytes domain) {
  return "<?xml version='1.0'?><stream:stream to='" + std::string(domain) +
         "' version='1.0' xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams'>";
}

}  // namespace sim
