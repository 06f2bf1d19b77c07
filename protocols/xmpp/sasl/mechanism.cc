#include "protocols/xmpp/sasl/mechanism.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "protocols/xmpp/namespaces.h"

namespace xmpp::sasl {

namespace {

constexpr std::array<base::Bytes, 5> kNames = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS",
                                               "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"};
constexpr base::Bytes kExporter = "tls-exporter";
constexpr base::Bytes kServerEndPoint = "tls-server-end-point";
constexpr base::Bytes kUnique = "tls-unique";

void append_joined(std::vector<base::Bytes>& parts, base::Sink& out) {
  std::sort(parts.begin(), parts.end());   // i;octet (RFC 4790 §9.3)
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out.push_back('\x1e');
    out.append(parts[i]);
  }
}

}  // namespace

base::Bytes name(Mechanism mechanism) {
  const auto index = static_cast<size_t>(mechanism);
  return index < kNames.size() ? kNames[index] : base::Bytes("none");
}

bool parse(base::Bytes name, Mechanism& out) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    out = static_cast<Mechanism>(i);
    return true;
  }
  return false;
}

const std::string* ChannelBindings::find(base::Bytes type) const {
  if (type == kExporter && !exporter.empty()) return &exporter;
  if (type == kServerEndPoint && !server_end_point.empty()) return &server_end_point;
  if (type == kUnique && !unique.empty()) return &unique;
  return nullptr;
}

MechanismSet offered(const ChannelBindings& bindings, bool plain) {
  MechanismSet set = bit(Mechanism::scram_sha256) | bit(Mechanism::scram_sha1);
  if (bindings.any()) set |= bit(Mechanism::scram_sha256_plus) | bit(Mechanism::scram_sha1_plus);
  if (plain) set |= bit(Mechanism::plain);
  return set;
}

void write_features(MechanismSet set, const ChannelBindings& bindings, base::Sink& out) {
  CHECK(set != 0);
  if (bindings.any()) {
    out.append("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>");
    if (!bindings.exporter.empty()) out.append("<channel-binding type='tls-exporter'/>");
    if (!bindings.server_end_point.empty()) {
      out.append("<channel-binding type='tls-server-end-point'/>");
    }
    out.append("</sasl-channel-binding>");
  }
  out.append("<mechanisms xmlns='").append(ns::kSasl).append("'>");
  for (size_t i = 0; i < kNames.size(); ++i) {
    if ((set & bit(static_cast<Mechanism>(i))) == 0) continue;
    out.append("<mechanism>").append(kNames[i]).append("</mechanism>");
  }
  out.append("</mechanisms>");
}

std::string downgrade_hash(base::HashKind kind, MechanismSet set,
                           const ChannelBindings& bindings) {
  std::string text;
  std::vector<base::Bytes> parts;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if ((set & bit(static_cast<Mechanism>(i))) != 0) parts.push_back(kNames[i]);
  }
  append_joined(parts, text);
  if (bindings.any()) {
    text.push_back('\x1f');
    parts.clear();
    if (!bindings.exporter.empty()) parts.push_back(kExporter);
    if (!bindings.server_end_point.empty()) parts.push_back(kServerEndPoint);
    append_joined(parts, text);
  }
  std::string encoded;
  base::base64_encode(base::hash(kind, text).view(), encoded);
  return encoded;
}

base::Bytes name(Failure failure) {
  constexpr std::array<base::Bytes, 11> kFailures = {
      "aborted",           "account-disabled",  "credentials-expired", "encryption-required",
      "incorrect-encoding", "invalid-authzid",  "invalid-mechanism",   "malformed-request",
      "mechanism-too-weak", "not-authorized",   "temporary-auth-failure"};
  const auto index = static_cast<size_t>(failure);
  CHECK(index < kFailures.size());
  return kFailures[index];
}

}  // namespace xmpp::sasl
