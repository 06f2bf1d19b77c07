// SASL messages as they come out of base64: the input's first line is a client's first message, the
// rest its final one. An octet 1 in the final message stands for the right proof of whatever the
// message says: it gets in then if, and only if, the message is the one that RFC 5802 asks for.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/base64.h"
#include "engine/base/digest.h"
#include "protocols/xmpp/sasl/plain.h"
#include "protocols/xmpp/sasl/scram.h"

namespace {

using xmpp::sasl::ChannelBindings;
using xmpp::sasl::Mechanism;
using xmpp::sasl::Scram;
using xmpp::sasl::Step;

constexpr base::Bytes kServerNonce = "servernonce";

// The input's first octet.
enum Setting : uint8_t {
  kMechanism = 3,
  kEndPoint = 4,
  kOfferedPlus = 8,
  kUnknownUser = 16,
  kUnique = 32,
};

void require(bool condition) {
  if (!condition) std::abort();
}

std::string base64(base::Bytes text) {
  std::string out;
  base::base64_encode(text, out);
  return out;
}

// What both sides know of the password, for either hash.
struct Account {
  explicit Account(base::HashKind hash)
      : kind(hash),
        salted(base::pbkdf2(kind, "wonderland", "salt", 4)),
        client_key(base::hmac(kind, salted.view(), "Client Key")) {
    keys.salt = "salt";
    keys.iterations = 4;
    keys.stored_key = base::hash(kind, client_key.view()).view();
    keys.server_key = base::hmac(kind, salted.view(), "Server Key").view();
  }
  // RFC 5802 §3.
  std::string proof(base::Bytes auth_message) const {
    const base::Digest signature = base::hmac(kind, keys.stored_key, auth_message);
    std::string out(client_key.view());
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<char>(out[i] ^ signature.octets[i]);
    return base64(out);
  }

  base::HashKind kind;
  base::Digest salted;
  base::Digest client_key;
  im::ScramKeys keys;
};

// The same, seen with other eyes: the GS2 header is all up to the second comma, and behind it the
// channel binding's data follow in the final message.
struct Expected {
  std::string bare;
  std::string beginning;  // of a right final message, up to its nonce
};

Expected expect(base::Bytes first, const ChannelBindings& bindings) {
  const size_t comma = first.find(',');
  const size_t end = first.find(',', comma + 1) + 1;
  std::string binding(first.substr(0, end));
  if (first.starts_with("p=")) {
    const base::Bytes type = first.substr(2, comma - 2);
    require(type == "tls-exporter" || type == "tls-server-end-point" || type == "tls-unique");
    binding.append(type == "tls-exporter"           ? bindings.exporter
                   : type == "tls-server-end-point" ? bindings.server_end_point
                                                    : bindings.unique);
  }
  const base::Bytes bare = first.substr(end);
  const size_t nonce = bare.find(",r=") + 3;
  std::string beginning = "c=" + base64(binding) + ",r=";
  beginning.append(bare.substr(nonce, bare.find(',', nonce) - nonce)).append(kServerNonce);
  return {std::string(bare), beginning};
}

void check_final(Scram& scram, const Account& account, const Expected& expected,
                 base::Bytes server_first, base::Bytes message, bool known) {
  const size_t proof_at = message.rfind(",p=");
  const base::Bytes without_proof = message.substr(0, proof_at);
  const std::string proof = account.proof(expected.bare + "," + std::string(server_first) + "," +
                                          std::string(without_proof));
  std::string completed(message);
  const size_t wish = completed.find('\x01');
  if (wish != std::string::npos) completed.replace(wish, 1, proof);
  const Step step = scram.client_final(completed);
  const bool right = without_proof.starts_with(expected.beginning) &&
                     (without_proof.size() == expected.beginning.size() ||
                      without_proof[expected.beginning.size()] == ',') &&
                     completed == std::string(without_proof) + ",p=" + proof;
  if (step == Step::ok) {
    require(known && right);
    require(scram.server_final().starts_with("v="));
  } else if (known && right) {
    // Refused nonetheless: only for extensions.
    require(step == Step::malformed && without_proof.size() > expected.beginning.size());
  }
}

void check_encodings(base::Bytes in) {
  std::string decoded;
  if (base::base64_decode(in, decoded)) require(base64(decoded) == in);
  decoded.clear();
  require(base::base64_decode(base64(in), decoded) && decoded == in);
  xmpp::sasl::Plain parts;
  if (!xmpp::sasl::parse_plain(in, parts)) return;
  std::string joined(parts.authzid);
  joined.append(1, '\0').append(parts.authcid).append(1, '\0').append(parts.password);
  require(joined == in && !parts.authcid.empty() && !parts.password.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Account sha1(base::HashKind::sha1);
  static const Account sha256(base::HashKind::sha256);
  if (size < 1) return 0;
  const auto mechanism = static_cast<Mechanism>(data[0] & kMechanism);
  const base::Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_encodings(in);
  ChannelBindings bindings;
  bindings.exporter = "exporter";
  if ((data[0] & kEndPoint) != 0) bindings.server_end_point = "end point";
  if ((data[0] & kUnique) != 0) bindings.unique = "finished";
  Scram scram(mechanism, (data[0] & kOfferedPlus) != 0);
  const size_t line = in.find('\n');
  const base::Bytes first = in.substr(0, line);
  if (scram.client_first(first, bindings) != Step::ok) return 0;
  require(!scram.username().empty());
  require(first.starts_with("p=") == xmpp::sasl::is_plus(mechanism));
  const bool known = (data[0] & kUnknownUser) == 0;
  const Account& account = hash_of(mechanism) == base::HashKind::sha1 ? sha1 : sha256;
  const std::string challenge(scram.server_first(account.keys, known, kServerNonce, "aGFzaA=="));
  if (line == base::Bytes::npos) return 0;
  check_final(scram, account, expect(first, bindings), challenge, in.substr(line + 1), known);
  return 0;
}
