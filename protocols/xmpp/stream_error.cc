#include "protocols/xmpp/stream_error.h"

#include <array>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/namespaces.h"

namespace xmpp {

base::Bytes condition_name(StreamError error) {
  constexpr std::array<base::Bytes, 25> kNames = {
      "bad-format",          "bad-namespace-prefix", "conflict",
      "connection-timeout",  "host-gone",            "host-unknown",
      "improper-addressing", "internal-server-error", "invalid-from",
      "invalid-namespace",   "invalid-xml",          "not-authorized",
      "not-well-formed",     "policy-violation",     "remote-connection-failed",
      "reset",               "resource-constraint",  "restricted-xml",
      "see-other-host",      "system-shutdown",      "undefined-condition",
      "unsupported-encoding", "unsupported-feature", "unsupported-stanza-type",
      "unsupported-version"};
  const auto index = static_cast<size_t>(error);
  CHECK(index < kNames.size());
  return kNames[index];
}

StreamError from_verdict(xml::Verdict verdict) {
  using trace::Counter;
  using xml::Verdict;
  switch (verdict) {
    case Verdict::ok: break;
    case Verdict::not_well_formed:
      trace::count(Counter::xmpp_malformed_streams);
      return StreamError::not_well_formed;
    case Verdict::restricted:
      trace::count(Counter::xmpp_malformed_streams);
      return StreamError::restricted_xml;
    case Verdict::bad_namespace_prefix:
      trace::count(Counter::xmpp_malformed_streams);
      return StreamError::bad_namespace_prefix;
    case Verdict::bad_encoding:
      trace::count(Counter::xmpp_malformed_streams);
      return StreamError::unsupported_encoding;
    case Verdict::too_deep:
      trace::count(Counter::xmpp_limit_depth);
      return StreamError::policy_violation;
    case Verdict::too_many_attributes:
      trace::count(Counter::xmpp_limit_attributes);
      return StreamError::policy_violation;
    case Verdict::name_too_long:
      trace::count(Counter::xmpp_limit_names);
      return StreamError::policy_violation;
    case Verdict::stanza_too_big:
      trace::count(Counter::xmpp_limit_stanza_bytes);
      return StreamError::policy_violation;
  }
  CHECK(false);
}

void write(StreamError error, base::Bytes text, base::Bytes application, base::Sink& out) {
  out.append("<stream:error><").append(condition_name(error));
  out.append(" xmlns='").append(ns::kStreamErrors).append("'/>");
  if (!text.empty()) {
    out.append("<text xmlns='").append(ns::kStreamErrors).append("' xml:lang='en'>");
    xml::escape_text(text, out);
    out.append("</text>");
  }
  out.append(application).append("</stream:error>");
}

}  // namespace xmpp
