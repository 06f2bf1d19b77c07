#include "protocols/gateway/parties.h"

#include "protocols/jid/jid.h"
#include "protocols/sip/account.h"
#include "protocols/sip/address.h"
#include "protocols/sip/origin.h"

namespace gateway {
namespace {

// Somebody at a peer.
bool find_contact(const sip::Uri& uri, const sip::Options& options, std::string& out) {
  jid::JidView to;
  std::string scratch;
  if (!sip::parse_jid(uri, scratch, to) || !to.has_local() ||
      sip::peer_for(options.peers, to.domain()) == nullptr) {
    return false;
  }
  out = to.full();
  return true;
}

}  // namespace

bool may_speak(const sip::Received& request, base::Bytes jid, const sip::Options& options) {
  const jid::JidView who = jid::JidView::trusted(jid);
  if (!request.account.empty()) return request.account == who.bare();
  return sip::trusted_for(options.peers, sip::origin_of(request, options.peers), who.domain());
}

uint16_t read_parties(const sip::Received& request, const im::Options& im, sip::Service& service,
                      engine::Turn& turn, Parties& out) {
  const sip::Options& options = service.options();
  const sip::Uri& uri = request.essentials.request_uri;
  const bool ours = sip::find_account(uri, im, options, out.to);
  if (!request.account.empty()) {
    out.from = request.account;
    return ours || find_contact(uri, options, out.to) ? 0 : 404;
  }
  if (!sip::read_jid(request.essentials.from.uri, out.from)) return 403;
  if (!ours) return 404;
  if (may_speak(request, out.from, options)) return 0;
  service.refusals().note(sip::origin_of(request, options.peers).remote,
                          jid::JidView::trusted(out.from).domain(), "may not speak for this domain",
                          turn.now);
  return 403;
}

}  // namespace gateway
