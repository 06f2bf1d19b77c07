#include "protocols/im/stanza_error.h"

#include <array>

#include "engine/base/check.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

struct Condition {
  base::Bytes name;
  ErrorType type;  // what RFC 6120 §8.3.3 recommends
};

// In the order of ErrorCondition.
constexpr std::array<Condition, 22> kConditions{{
    {"bad-request", ErrorType::modify},
    {"conflict", ErrorType::cancel},
    {"feature-not-implemented", ErrorType::cancel},
    {"forbidden", ErrorType::auth},
    {"gone", ErrorType::cancel},
    {"internal-server-error", ErrorType::cancel},
    {"item-not-found", ErrorType::cancel},
    {"jid-malformed", ErrorType::modify},
    {"not-acceptable", ErrorType::modify},
    {"not-allowed", ErrorType::cancel},
    {"not-authorized", ErrorType::auth},
    {"policy-violation", ErrorType::modify},
    {"recipient-unavailable", ErrorType::wait},
    {"redirect", ErrorType::modify},
    {"registration-required", ErrorType::auth},
    {"remote-server-not-found", ErrorType::cancel},
    {"remote-server-timeout", ErrorType::wait},
    {"resource-constraint", ErrorType::wait},
    {"service-unavailable", ErrorType::cancel},
    {"subscription-required", ErrorType::auth},
    {"undefined-condition", ErrorType::cancel},
    {"unexpected-request", ErrorType::wait},
}};
static_assert(kConditions.size() == static_cast<size_t>(ErrorCondition::unexpected_request) + 1);

constexpr std::array<base::Bytes, 5> kTypes{"auth", "cancel", "continue", "modify", "wait"};

}  // namespace

base::Bytes name(ErrorCondition condition) {
  const auto index = static_cast<size_t>(condition);
  CHECK(index < kConditions.size());
  return kConditions[index].name;
}

StanzaError error(ErrorCondition condition, base::Bytes text) {
  const auto index = static_cast<size_t>(condition);
  CHECK(index < kConditions.size());
  return {condition, kConditions[index].type, text, {}};
}

void write(const StanzaError& error, base::Sink& out) {
  const auto type = static_cast<size_t>(error.type);
  CHECK(type < kTypes.size());
  out += "<error type='";
  out += kTypes[type];
  out += "'><";
  out += name(error.condition);
  out += " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
  if (!error.text.empty()) {
    out += "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>";
    xml::escape_text(error.text, out);
    out += "</text>";
  }
  out += error.application;
  out += "</error>";
}

}  // namespace im
