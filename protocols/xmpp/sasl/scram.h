// The server's side of SCRAM (RFC 5802, RFC 7677), as pure steps over messages that have left
// base64. Knows no stream and no store: the caller brings the keys between the two steps.
// One object an attempt, freed when the attempt ends; about 300 bytes and the two messages.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "protocols/im/store_request.h"
#include "protocols/xmpp/sasl/mechanism.h"

namespace xmpp::sasl {

enum class Step : uint8_t { ok, malformed, invalid_authzid, not_authorized };

class Scram {
 public:
  // `offered_plus`: a -PLUS mechanism was in the list, so a client that says it thinks otherwise
  // (flag 'y') has been lied to by somebody in between (RFC 5802 §6, TRUST X22).
  Scram(Mechanism mechanism, bool offered_plus) : mechanism_(mechanism), plus_(offered_plus) {}

  // client-first-message. After ok, username() and authzid() hold what the client sent, unescaped
  // but not yet prepared.
  [[nodiscard]] Step client_first(base::Bytes message, const ChannelBindings& bindings);
  const std::string& username() const { return username_; }
  const std::string& authzid() const { return authzid_; }

  // server-first-message. `nonce` is ours, printable and without commas; `hash` is the optional
  // attribute of XEP-0474, "" for none. `known` false lets the flow run on to the same refusal.
  base::Bytes server_first(const im::ScramKeys& keys, bool known, base::Bytes nonce,
                           base::Bytes hash);

  // client-final-message; after ok, server_final() is what goes with <success/>.
  [[nodiscard]] Step client_final(base::Bytes message);
  base::Bytes server_final() const { return server_final_; }

 private:
  Step check_flag(base::Bytes flag, const ChannelBindings& bindings, base::Bytes& data);
  bool verify(base::Bytes without_proof, base::Bytes proof);

  Mechanism mechanism_;
  bool plus_;
  bool known_ = false;
  std::string username_;
  std::string authzid_;
  std::string binding_input_;     // gs2-header and channel binding data
  std::string client_first_bare_;
  std::string server_first_;
  std::string nonce_;             // the client's and ours
  std::string stored_key_;
  std::string server_key_;
  std::string server_final_;
};

// Salt and iteration count for an account that does not exist: the same every time, so that
// nobody learns from them whether it does (RFC 5802 §9). Keyed with the node's secret.
im::ScramKeys imaginary_keys(base::HashKind kind, base::Bytes bare_jid, base::Bytes secret,
                             uint32_t iterations);

}  // namespace xmpp::sasl
