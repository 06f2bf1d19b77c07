#include "protocols/sip/header/digest.h"

#include <charconv>

#include "engine/base/check.h"

namespace sip {
namespace {

using base::Bytes;

DigestAlgorithm find_algorithm(Bytes name) {
  if (equal_ignoring_case(name, "SHA-256")) return DigestAlgorithm::sha256;
  return equal_ignoring_case(name, "MD5") ? DigestAlgorithm::md5 : DigestAlgorithm::other;
}

bool parse_nonce_count(Bytes text, DigestCredentials& out) {
  out.nonce_count_text = text;
  out.has_nonce_count = true;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out.nonce_count, 16);
  return text.size() == 8 && error == std::errc{} && end == text.data() + text.size();
}

// "Digest" LWS and then name "=" value, with commas between, each handed to `keep`. A name that
// comes twice is malformed: two readers could take different ones.
template <class Keep>
Read read_scheme(Bytes value, Keep keep) {
  Reader reader(value);
  const Bytes scheme = reader.token();
  if (scheme.empty()) return Read::malformed;
  if (!equal_ignoring_case(scheme, "Digest")) return Read::absent;
  const char* const behind = reader.place();
  reader.skip_space();
  if (reader.place() == behind) return Read::malformed;
  do {
    Parameter parameter;
    if (!reader.parameter(parameter) || !parameter.has_value) return Read::malformed;
    if (!keep(parameter)) return Read::malformed;
  } while (reader.take(','));
  return reader.done() ? Read::ok : Read::malformed;
}

bool set_once(Bytes& field, const Parameter& parameter) {
  if (field.data() != nullptr) return false;
  field = parameter.value;
  return true;
}

bool keep_credential(const Parameter& one, DigestCredentials& out) {
  switch (lower(one.name[0])) {
    case 'u':
      if (one.is("username")) return set_once(out.username, one);
      if (one.is("uri")) return set_once(out.uri, one);
      return true;
    case 'r':
      if (one.is("realm")) return set_once(out.realm, one);
      if (one.is("response")) return set_once(out.response, one);
      return true;
    case 'n':
      if (one.is("nonce")) return set_once(out.nonce, one);
      if (one.is("nc")) return !out.has_nonce_count && parse_nonce_count(one.value, out);
      return true;
    case 'c':
      return !one.is("cnonce") || set_once(out.cnonce, one);
    case 'o':
      return !one.is("opaque") || set_once(out.opaque, one);
    case 'q':
      return !one.is("qop") || set_once(out.qop, one);
    case 'a':
      if (one.is("algorithm")) out.algorithm = find_algorithm(one.value);
      return true;
    default:
      return true;
  }
}

bool names_auth(Bytes options) {
  Reader reader(options);
  do {
    reader.skip_space();
    if (equal_ignoring_case(reader.token(), "auth")) return true;
  } while (reader.take(','));
  return false;
}

bool keep_challenge(const Parameter& one, DigestChallenge& out) {
  if (one.is("realm")) return set_once(out.realm, one);
  if (one.is("nonce")) return set_once(out.nonce, one);
  if (one.is("opaque")) return set_once(out.opaque, one);
  if (one.is("algorithm")) out.algorithm = find_algorithm(one.value);
  if (one.is("stale")) out.stale = equal_ignoring_case(one.value, "true");
  if (one.is("qop")) out.offers_auth = names_auth(one.value);
  return true;
}

// Whether the inside of a quoted string means this text.
bool means(Bytes inside, Bytes text) {
  if (inside.find('\\') == Bytes::npos) return inside == text;
  std::string plain;
  unquote(inside, plain);
  return plain == text;
}

}  // namespace

Bytes wire_name(DigestAlgorithm algorithm) {
  CHECK(algorithm != DigestAlgorithm::other);
  return algorithm == DigestAlgorithm::md5 ? "MD5" : "SHA-256";
}

Read parse_credentials(Bytes value, DigestCredentials& out) {
  out = DigestCredentials();
  const Read read =
      read_scheme(value, [&out](const Parameter& one) { return keep_credential(one, out); });
  if (read != Read::ok) return read;
  // §22.4 and RFC 7616 §3.4: these must be there, and with qop the two that go with it.
  const bool complete = !out.username.empty() && out.realm.data() != nullptr &&
                        !out.nonce.empty() && !out.uri.empty() && !out.response.empty();
  const bool agrees = out.qop.empty() || (out.has_nonce_count && !out.cnonce.empty());
  return complete && agrees ? Read::ok : Read::malformed;
}

Read parse_challenge(Bytes value, DigestChallenge& out) {
  out = DigestChallenge();
  const Read read =
      read_scheme(value, [&out](const Parameter& one) { return keep_challenge(one, out); });
  if (read != Read::ok) return read;
  return out.realm.data() != nullptr && !out.nonce.empty() ? Read::ok : Read::malformed;
}

Read read_credentials(const Message& message, HeaderId id, Bytes realm, DigestCredentials& out) {
  for (const HeaderField* field = message.find(id); field != nullptr;
       field = message.next(*field)) {
    const Read read = parse_credentials(message.value(*field), out);
    if (read == Read::malformed) return read;
    if (read == Read::ok && means(out.realm, realm)) return read;
  }
  return Read::absent;
}

}  // namespace sip
