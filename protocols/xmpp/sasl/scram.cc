#include "protocols/xmpp/sasl/scram.h"

#include <charconv>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "engine/base/digest.h"

namespace xmpp::sasl {

namespace {

// Takes the part before the next comma off the front of `rest`; false at the end.
bool take(base::Bytes& rest, base::Bytes& part) {
  if (rest.data() == nullptr) return false;
  const size_t comma = rest.find(',');
  part = rest.substr(0, comma);
  rest = comma == base::Bytes::npos ? base::Bytes() : rest.substr(comma + 1);
  return true;
}

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// attr-val = ALPHA "=" value (RFC 5802 §7).
bool is_attribute(base::Bytes part) {
  return part.size() >= 3 && is_alpha(part[0]) && part[1] == '=';
}

// The value of attribute `name`, or false.
bool attribute(base::Bytes part, char name, base::Bytes& value) {
  if (!is_attribute(part) || part[0] != name) return false;
  value = part.substr(2);
  return true;
}

bool is_printable(base::Bytes text) {
  for (const char c : text) {
    if (c < 0x21 || c > 0x7e || c == ',') return false;
  }
  return !text.empty();
}

// saslname: =2C is a comma, =3D an equals sign, any other '=' is an error.
bool unescape_name(base::Bytes in, std::string& out) {
  out.clear();
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '=') {
      out.push_back(in[i]);
      continue;
    }
    const base::Bytes code = in.substr(i + 1, 2);
    if (code != "2C" && code != "3D") return false;
    out.push_back(code == "2C" ? ',' : '=');
    i += 2;
  }
  return !out.empty();
}

// cb-name = 1*(ALPHA / DIGIT / "." / "-")
bool is_binding_name(base::Bytes text) {
  for (const char c : text) {
    if (!is_alpha(c) && !(c >= '0' && c <= '9') && c != '.' && c != '-') return false;
  }
  return !text.empty();
}

void append_number(uint32_t number, std::string& out) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

Step Scram::check_flag(base::Bytes flag, const ChannelBindings& bindings, base::Bytes& data) {
  if (flag == "n" || flag == "y") {
    if (is_plus(mechanism_)) return Step::malformed;
    return flag == "y" && plus_ ? Step::not_authorized : Step::ok;
  }
  if (!flag.starts_with("p=") || !is_binding_name(flag.substr(2))) return Step::malformed;
  if (!is_plus(mechanism_)) return Step::malformed;
  const std::string* found = bindings.find(flag.substr(2));
  if (found == nullptr) return Step::not_authorized;
  data = *found;
  return Step::ok;
}

Step Scram::client_first(base::Bytes message, const ChannelBindings& bindings) {
  CHECK(client_first_bare_.empty());
  if (message.empty() || message.find('\0') != base::Bytes::npos) return Step::malformed;
  base::Bytes rest = message;
  base::Bytes flag;
  base::Bytes authzid;
  if (!take(rest, flag) || !take(rest, authzid)) return Step::malformed;
  base::Bytes value;
  if (!authzid.empty() &&
      (!attribute(authzid, 'a', value) || !unescape_name(value, authzid_))) {
    return Step::malformed;
  }
  const base::Bytes bare = rest;
  base::Bytes data;
  base::Bytes part;
  // A first attribute "m=" demands an extension that we do not have (RFC 5802 §5.1).
  if (!take(rest, part) || !attribute(part, 'n', value) || !unescape_name(value, username_)) {
    return Step::malformed;
  }
  if (!take(rest, part) || !attribute(part, 'r', value) || !is_printable(value)) {
    return Step::malformed;
  }
  nonce_ = value;
  while (take(rest, part)) {
    if (!is_attribute(part) || part[0] == 'm') return Step::malformed;
  }
  if (const Step step = check_flag(flag, bindings, data); step != Step::ok) return step;
  binding_input_.assign(message.substr(0, message.size() - bare.size())).append(data);
  client_first_bare_ = bare;
  return Step::ok;
}

base::Bytes Scram::server_first(const im::ScramKeys& keys, bool known, base::Bytes nonce,
                                base::Bytes hash) {
  CHECK(!client_first_bare_.empty() && is_printable(nonce) && keys.iterations > 0);
  known_ = known;
  stored_key_ = keys.stored_key;
  server_key_ = keys.server_key;
  nonce_.append(nonce);
  server_first_.assign("r=").append(nonce_).append(",s=");
  base::base64_encode(keys.salt, server_first_);
  server_first_.append(",i=");
  append_number(keys.iterations, server_first_);
  if (!hash.empty()) server_first_.append(",h=").append(hash);
  return server_first_;
}

Step Scram::client_final(base::Bytes message) {
  CHECK(!server_first_.empty());
  const size_t proof_at = message.rfind(",p=");
  if (proof_at == base::Bytes::npos || message.find('\0') != base::Bytes::npos) {
    return Step::malformed;
  }
  base::Bytes rest = message.substr(0, proof_at);
  const base::Bytes without_proof = rest;
  base::Bytes part;
  base::Bytes binding;
  base::Bytes nonce;
  if (!take(rest, part) || !attribute(part, 'c', binding)) return Step::malformed;
  if (!take(rest, part) || !attribute(part, 'r', nonce)) return Step::malformed;
  while (take(rest, part)) {
    if (!is_attribute(part) || part[0] == 'm') return Step::malformed;
  }
  std::string proof;
  std::string binding_octets;
  if (!base::base64_decode(message.substr(proof_at + 3), proof) ||
      !base::base64_decode(binding, binding_octets)) {
    return Step::malformed;
  }
  const bool bound = base::equal_in_constant_time(binding_octets, binding_input_);
  const bool fresh = base::equal_in_constant_time(nonce, nonce_);
  const bool proven = verify(without_proof, proof);
  return bound && fresh && proven && known_ ? Step::ok : Step::not_authorized;
}

bool Scram::verify(base::Bytes without_proof, base::Bytes proof) {
  const base::HashKind kind = hash_of(mechanism_);
  std::string message = client_first_bare_;
  message.append(",").append(server_first_).append(",").append(without_proof);
  base::Digest client_key = base::hmac(kind, stored_key_, message);
  if (proof.size() != client_key.length) return false;
  for (size_t i = 0; i < proof.size(); ++i) {
    client_key.octets[i] = static_cast<char>(client_key.octets[i] ^ proof[i]);
  }
  const base::Digest stored = base::hash(kind, client_key.view());
  const base::Digest signature = base::hmac(kind, server_key_, message);
  server_final_.assign("v=");
  base::base64_encode(signature.view(), server_final_);
  return base::equal_in_constant_time(stored.view(), stored_key_);
}

im::ScramKeys imaginary_keys(base::HashKind kind, base::Bytes bare_jid, base::Bytes secret,
                             uint32_t iterations) {
  CHECK(iterations > 0);
  std::string input = kind == base::HashKind::sha1 ? "salt 1 " : "salt 256 ";
  input.append(bare_jid);
  im::ScramKeys keys;
  keys.salt = base::hmac(base::HashKind::sha256, secret, input).view().substr(0, 16);
  keys.iterations = iterations;
  input.append(" key");
  keys.stored_key =
      base::hmac(base::HashKind::sha256, secret, input).view().substr(0, base::digest_length(kind));
  keys.server_key = keys.stored_key;
  return keys;
}

}  // namespace xmpp::sasl
