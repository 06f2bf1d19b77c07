#include "protocols/gateway/authenticator.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/account.h"
#include "protocols/sip/auth/digest_response.h"
#include "protocols/sip/auth/nonce.h"

namespace gateway {
namespace {

using trace::Counter;

// What no password leads to: unknown accounts are held against it.
constexpr base::Bytes kNobodysKey = "0";

std::string name_of(const base::SocketAddress& source) {
  std::string name;
  base::append_address(source, name);
  return name;
}

bool same_host(const base::SocketAddress& a, const base::SocketAddress& b) {
  return a && a.family == b.family && a.octets == b.octets;
}

base::Bytes key_of(const im::DigestKeys& keys, sip::DigestAlgorithm algorithm) {
  return algorithm == sip::DigestAlgorithm::md5 ? keys.md5 : keys.sha256;
}

bool offers(const sip::Options& options, sip::DigestAlgorithm algorithm) {
  if (algorithm == sip::DigestAlgorithm::sha256) return options.digest_sha256;
  return algorithm == sip::DigestAlgorithm::md5 && options.digest_md5;
}

// What is the same when a request is sent once more, and different in the next.
uint64_t identity_of(const sip::Essentials& essentials) {
  std::string text(essentials.via.branch);
  text.append("\n").append(essentials.call_id).append("\n");
  return base::keyed_hash(text.append(std::to_string(essentials.cseq.number)));
}

}  // namespace

// A request whose sender's keys the store is asked for, as it came.
struct Authenticator::Asking final : im::StoreRequest::Context {
  Asking(Authenticator& authenticator, const sip::Claim& claim)
      : owner(authenticator),
        bytes(claim.message.bytes().substr(0, claim.message.total_bytes())),
        source(claim.source),
        shard(claim.shard),
        forgotten(authenticator.forgotten_) {}

  void answered(im::StoreRequest& answer, im::Realm&, engine::Turn& turn) override {
    --owner.asking_;
    owner.asking_bytes_ -= bytes.size();
    sip::Message message;
    sip::Essentials essentials;
    sip::Fault fault = sip::Fault::none;
    CHECK(message.index_datagram(bytes) && sip::read_essentials(message, essentials, fault));
    owner.answered({message, essentials, source, shard}, answer, forgotten == owner.forgotten_,
                   turn);
  }

  Authenticator& owner;
  const std::string bytes;
  const sip::Flow source;
  const engine::ShardId shard;
  const uint64_t forgotten;
};

Authenticator::Authenticator(sip::Service& service, im::Realm& realm)
    : service_(service), realm_(realm), counts_(service.options().nonce_life) {
  CHECK(service.options().digest);
  service.set_gate(*this);
}

void Authenticator::forget(base::Bytes account) {
  ++forgotten_;
  const auto found = known_.find(account);
  if (found != known_.end()) known_.erase(found);
}

// The realm is the domain of whom From names: who has no account here has nothing to prove.
Authenticator::Reading Authenticator::read(const sip::Claim& claim, base::Instant now,
                                           Credentials& out) const {
  const sip::Options& options = service_.options();
  sip::Uri from;
  if (!sip::parse_uri(claim.essentials.from.uri, from) ||
      !sip::find_account(from, realm_.options(), options, out.sender)) {
    return Reading::nobody_here;
  }
  const jid::JidView sender = jid::JidView::trusted(out.sender);
  sip::DigestCredentials& digest = out.digest;
  const sip::Read read =
      sip::read_credentials(claim.message, sip::HeaderId::authorization, sender.domain(), digest);
  if (read == sip::Read::malformed) return Reading::malformed;
  if (read == sip::Read::absent || !offers(options, digest.algorithm) ||
      !sip::equal_ignoring_case(digest.qop, "auth")) {
    return Reading::none;
  }
  std::string name;
  sip::unquote(digest.username, name);
  name.append("@").append(sender.domain());
  jid::JidView account;
  std::string scratch;
  if (!jid::parse(name, scratch, account) || account.full() != name) return Reading::none;
  out.sender.resize(sender.bare().size());
  out.account = std::move(name);
  // Also after a restart, whose clients have proved themselves before.
  const bool ours = sip::read_nonce(service_.key(), digest.nonce, out.made);
  return ours && out.made <= now && now - out.made < options.nonce_life ? Reading::ok
                                                                        : Reading::stale;
}

bool Authenticator::screen(const sip::Claim& claim, engine::Owner& owner, sip::Verdict& verdict,
                           engine::Turn& turn) {
  switch (read(claim, turn.now, given_)) {
    case Reading::ok:
      owner = realm_.partition().owner(given_.account);
      return true;
    case Reading::nobody_here:
      service_.refusals().note(claim.source.remote, {}, "no peer, and no user of ours", turn.now);
      verdict = {.status = 403};
      break;
    case Reading::malformed:
      verdict = {.status = 400};
      break;
    case Reading::none:
      verdict = {.status = 401};
      break;
    case Reading::stale:
      verdict = {.status = 401, .stale = true};
      break;
  }
  return false;
}

void Authenticator::challenge(const sip::Claim& claim, bool stale, sip::Writer& writer,
                              engine::Turn& turn) {
  std::string sender;
  sip::Uri from;
  // Whose names were ours when he asked, and may be no more.
  const bool ours = sip::parse_uri(claim.essentials.from.uri, from) &&
                    sip::find_account(from, realm_.options(), service_.options(), sender);
  const base::Bytes realm =
      ours ? jid::JidView::trusted(sender).domain() : base::Bytes(realm_.options().domains.front());
  const auto write = [&](sip::DigestAlgorithm algorithm, base::Bytes nonce) {
    std::string text = "Digest realm=\"";
    text.append(realm).append("\", nonce=\"").append(nonce);
    text.append("\", algorithm=").append(sip::wire_name(algorithm)).append(", qop=\"auth\"");
    if (stale) text.append(", stale=true");
    writer.field(sip::HeaderId::www_authenticate, text);
  };
  std::string nonce;
  sip::append_nonce(service_.key(), turn.now, turn.random.next(), nonce);
  // The topmost is preferred (RFC 8760 §2.4).
  for (const auto algorithm : {sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::md5}) {
    if (offers(service_.options(), algorithm)) write(algorithm, nonce);
  }
}

// The address that an account's user has last spoken from is not held up by others, who could lock
// her out.
bool Authenticator::held_up(const sip::Claim& claim, base::Bytes account, base::Instant now) const {
  if (failures_.too_many(name_of(claim.source.remote), now)) return true;
  if (!failures_.too_many(account, now)) return false;
  const auto found = known_.find(account);
  return found == known_.end() || !same_host(found->second.proved, claim.source.remote);
}

bool Authenticator::proves(const sip::Claim& claim, const Credentials& given,
                           const im::DigestKeys& keys) const {
  const base::Bytes key = key_of(keys, given.digest.algorithm);
  const bool proved =
      sip::proves(given.digest, key.empty() ? kNobodysKey : key, claim.message.method_name());
  return proved && !key.empty();
}

// What keys at hand do not prove the store is asked about: they may be old, and a wrong password
// takes as long as one of nobody.
void Authenticator::check(const sip::Claim& claim, engine::Turn& turn) {
  if (read(claim, turn.now, given_) != Reading::ok) return refuse(claim, 401, true, turn);
  if (held_up(claim, given_.account, turn.now)) {
    trace::count(Counter::sip_authentications_limited);
    return refuse(claim, 503, false, turn);
  }
  const auto found = known_.find(given_.account);
  if (found != known_.end() && proves(claim, given_, found->second.keys)) {
    return proved(claim, given_, turn);
  }
  ask(claim, given_.account, turn);
}

void Authenticator::ask(const sip::Claim& claim, base::Bytes account, engine::Turn& turn) {
  const size_t bytes = claim.message.total_bytes();
  if (asking_ >= kAskingMax || asking_bytes_ + bytes > kAskingBytesMax) {
    trace::count(Counter::sip_claims_limit_hit);
    return refuse(claim, 503, false, turn);
  }
  ++asking_;
  asking_bytes_ += bytes;
  auto question = std::make_unique<im::StoreRequest>();
  question->kind = im::StoreKind::load_credentials;
  question->user = account;
  question->then = std::make_unique<Asking>(*this, claim);
  realm_.ask(std::move(question), turn);
}

void Authenticator::answered(const sip::Claim& claim, const im::StoreRequest& answer, bool remember,
                             engine::Turn& turn) {
  if (answer.status == im::StoreStatus::failed) return refuse(claim, 503, false, turn);
  Credentials given;
  if (read(claim, turn.now, given) != Reading::ok) return refuse(claim, 401, true, turn);
  const bool known = answer.status == im::StoreStatus::ok;
  const im::DigestKeys& keys = answer.credentials.digest;
  const bool right = proves(claim, given, keys);
  // The operator is told, not the client: strangers would learn who has an account.
  if (known && key_of(keys, given.digest.algorithm).empty()) {
    trace::count(Counter::sip_authentications_keyless);
    service_.refusals().note(claim.source.remote, given.account,
                             "no digest key until the password is set again", turn.now);
  }
  if (!known || !right) return failed(claim, given, turn);
  if (remember) this->remember(given.account, keys);
  proved(claim, given, turn);
}

void Authenticator::remember(base::Bytes account, const im::DigestKeys& keys) {
  const auto found = known_.find(account);
  if (found != known_.end()) {
    found->second.keys = keys;
    return;
  }
  if (known_.size() >= kKnownMax) known_.erase(known_.begin());
  known_.emplace(account, Known{keys, {}});
}

void Authenticator::proved(const sip::Claim& claim, const Credentials& given, engine::Turn& turn) {
  using Use = sip::NonceCounts::Use;
  const sip::DigestCredentials& digest = given.digest;
  const Use use = counts_.use(given.account, digest.nonce, given.made, digest.nonce_count,
                              identity_of(claim.essentials), turn.now);
  if (use == Use::again) return;  // the first one's answer is on its way
  if (use == Use::stale) return refuse(claim, 401, true, turn);
  const auto found = known_.find(given.account);
  if (found != known_.end()) found->second.proved = claim.source.remote;
  if (given.sender != given.account) {
    service_.refusals().note(claim.source.remote, given.account, "speaks for somebody else",
                             turn.now);
    return refuse(claim, 403, false, turn);
  }
  trace::count(Counter::sip_authentications);
  service_.decide(claim, {.account = given.account}, turn);
}

void Authenticator::failed(const sip::Claim& claim, const Credentials& given, engine::Turn& turn) {
  const std::string address = name_of(claim.source.remote);
  failures_.add(given.account, turn.now);
  failures_.add(address, turn.now);
  trace::count(Counter::sip_authentications_failed);
  TRACE(sip, debug, "authentication_failed", {"account", given.account}, {"address", address});
  refuse(claim, 401, false, turn);
}

void Authenticator::refuse(const sip::Claim& claim, uint16_t status, bool stale,
                           engine::Turn& turn) {
  CHECK(status >= 400);
  service_.decide(claim, {.status = status, .stale = stale}, turn);
}

}  // namespace gateway
