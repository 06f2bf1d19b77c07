// Stanza errors (RFC 6120 §8.3).
// Values and pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace im {

enum class ErrorType : uint8_t { auth, cancel, continue_, modify, wait };

enum class ErrorCondition : uint8_t {
  bad_request, conflict, feature_not_implemented, forbidden, gone, internal_server_error,
  item_not_found, jid_malformed, not_acceptable, not_allowed, not_authorized, policy_violation,
  recipient_unavailable, redirect, registration_required, remote_server_not_found,
  remote_server_timeout, resource_constraint, service_unavailable, subscription_required,
  undefined_condition, unexpected_request,
};

struct StanzaError {
  ErrorCondition condition = ErrorCondition::undefined_condition;
  ErrorType type = ErrorType::cancel;
  base::Bytes text;         // for people, may be empty
  base::Bytes application;  // an application-specific element, complete XML, may be empty
};

base::Bytes name(ErrorCondition condition);   // as on the wire: `service-unavailable`
// The error with the type RFC 6120 §8.3.3 associates with the condition.
StanzaError error(ErrorCondition condition, base::Bytes text = {});
// `<error type='…'>…</error>`
void write(const StanzaError& error, base::Sink& out);

}  // namespace im
