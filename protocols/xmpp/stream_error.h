// Stream errors (RFC 6120 §4.9.3): what a stream is told before it is closed for good.
// Values; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"

namespace xmpp {

enum class StreamError : uint8_t {
  bad_format, bad_namespace_prefix, conflict, connection_timeout, host_gone, host_unknown,
  improper_addressing, internal_server_error, invalid_from, invalid_namespace, invalid_xml,
  not_authorized, not_well_formed, policy_violation, remote_connection_failed, reset,
  resource_constraint, restricted_xml, see_other_host, system_shutdown, undefined_condition,
  unsupported_encoding, unsupported_feature, unsupported_stanza_type, unsupported_version,
};

// The element's name, "policy-violation".
base::Bytes condition_name(StreamError error);
// What to answer bytes the scanner refused; also counts the limit that was hit, if one was.
StreamError from_verdict(xml::Verdict verdict);
// `<stream:error>…</stream:error>`. `application` is a complete element or empty.
void write(StreamError error, base::Bytes text, base::Bytes application, base::Sink& out);

}  // namespace xmpp
