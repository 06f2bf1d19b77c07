// Who of our own users has sent a SIP request: digest authentication (RFC 3261 §22, RFC 7616, RFC
// 8760) against the keys that the store keeps beside the SCRAM ones. Nothing is kept of who has not
// proved anything: nonces carry their own proof, and what waits for the store is bounded. Accounts
// that do not exist, or have no keys, are answered as wrong passwords are, by way of the store too.
// One a shard: challenges on the shard that heard the request, the rest on the account's.
#pragma once

#include <memory>
#include <string>

#include "engine/base/hash.h"
#include "protocols/im/realm.h"
#include "protocols/sip/auth/failures.h"
#include "protocols/sip/auth/nonce_counts.h"
#include "protocols/sip/gate.h"
#include "protocols/sip/header/digest.h"
#include "protocols/sip/service.h"

namespace gateway {

class Authenticator final : public sip::Gate {
 public:
  // Requests that wait for the store, and their bytes; then 503.
  static constexpr uint32_t kAskingMax = 1024;
  static constexpr size_t kAskingBytesMax = 4 << 20;
  static constexpr size_t kKnownMax = 4096;  // accounts whose keys are at hand

  Authenticator(sip::Service& service, im::Realm& realm);

  // This account's password has been changed, or it was deleted.
  void forget(base::Bytes account);

  bool screen(const sip::Claim& claim, engine::Owner& owner, sip::Verdict& verdict,
              engine::Turn& turn) override;
  void check(const sip::Claim& claim, engine::Turn& turn) override;
  void challenge(const sip::Claim& claim, bool stale, sip::Writer& writer,
                 engine::Turn& turn) override;

 private:
  struct Asking;
  struct Known {
    im::DigestKeys keys;
    base::SocketAddress proved;  // from where its user has last spoken
  };
  // What credentials say, before anything is proved.
  struct Credentials {
    sip::DigestCredentials digest;
    base::Instant made;   // the nonce
    std::string sender;   // the account that From names
    std::string account;  // the one that the credentials are of
  };
  enum class Reading : uint8_t { ok, nobody_here, malformed, none, stale };

  Reading read(const sip::Claim& claim, base::Instant now, Credentials& out) const;
  bool held_up(const sip::Claim& claim, base::Bytes account, base::Instant now) const;
  bool proves(const sip::Claim& claim, const Credentials& given, const im::DigestKeys& keys) const;
  void ask(const sip::Claim& claim, base::Bytes account, engine::Turn& turn);
  void answered(const sip::Claim& claim, const im::StoreRequest& answer, bool remember,
                engine::Turn& turn);
  void remember(base::Bytes account, const im::DigestKeys& keys);
  void proved(const sip::Claim& claim, const Credentials& given, engine::Turn& turn);
  void failed(const sip::Claim& claim, const Credentials& given, engine::Turn& turn);
  void refuse(const sip::Claim& claim, uint16_t status, bool stale, engine::Turn& turn);

  sip::Service& service_;
  im::Realm& realm_;
  sip::NonceCounts counts_;
  sip::Failures failures_;
  base::StringMap<Known> known_;
  uint32_t asking_ = 0;
  size_t asking_bytes_ = 0;
  uint64_t forgotten_ = 0;  // grows when something is
  Credentials given_;       // scratch
};

}  // namespace gateway
