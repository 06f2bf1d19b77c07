// Extensions that are not an answer to an IQ but a part of something larger: the stream and its
// session (protocols/xmpp), SASL, or routing (protocols/im). Their records stand here; their code
// stands where `note` says what it does.
#include "protocols/xmpp/feature.h"

namespace xmpp::xep {
namespace {

constexpr base::Bytes kOfflineDisco[] = {"msgoffline"};
constexpr base::Bytes kHintsDisco[] = {"urn:xmpp:hints"};
constexpr base::Bytes kStanzaIdsDisco[] = {"urn:xmpp:sid:0"};

}  // namespace

constinit const Feature date_and_time{.xep = 82,
                                      .title = "XMPP Date and Time Profiles",
                                      .version = "1.1.1",
                                      .note = "every stamp we write is UTC"};

constinit const Feature discovery_extensions{.xep = 128,
                                             .title = "Service Discovery Extensions",
                                             .version = "1.0.1",
                                             .note = "carries the contact addresses"};

constinit const Feature offline_messages{.xep = 160,
                                         .title = "Best Practices for Handling Offline Messages",
                                         .version = "1.0.1",
                                         .note = "with a limit for each account",
                                         .disco = kOfflineDisco};

constinit const Feature stream_management{
    .xep = 198,
    .title = "Stream Management",
    .version = "1.6.3",
    .note = "acknowledged when it is on the disk; sessions outlive a restart of the node"};

constinit const Feature delayed_delivery{.xep = 203,
                                         .title = "Delayed Delivery",
                                         .version = "2.0",
                                         .note = "stamped on offline messages and presence"};

constinit const Feature roster_versioning{
    .xep = 237, .title = "Roster Versioning", .version = "1.3", .note = "now RFC 6121 §2.6"};

constinit const Feature processing_hints{.xep = 334,
                                         .title = "Message Processing Hints",
                                         .version = "1.0.0",
                                         .note = "no-copy, no-store, store",
                                         .disco = kHintsDisco};

constinit const Feature client_state{
    .xep = 352,
    .title = "Client State Indication",
    .version = "1.0.0",
    .note = "presence and chat states wait while a client is inactive"};

constinit const Feature stanza_ids{
    .xep = 359,
    .title = "Unique and Stable Stanza IDs",
    .version = "0.7.0",
    .note = "every message is given one by the recipient's account; forged ones are removed",
    .disco = kStanzaIdsDisco};

constinit const Feature direct_tls{.xep = 368,
                                   .title = "SRV records for XMPP over TLS",
                                   .version = "1.1.0",
                                   .note = "a direct TLS listener with ALPN xmpp-client"};

constinit const Feature channel_binding_types{.xep = 440,
                                              .title = "SASL Channel-Binding Type Capability",
                                              .version = "1.0.0",
                                              .note = "tls-exporter and tls-server-end-point"};

constinit const Feature downgrade_protection{
    .xep = 474, .title = "SASL SCRAM Downgrade Protection", .version = "0.5.0"};

}  // namespace xmpp::xep
