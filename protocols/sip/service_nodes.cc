// Requests for users of other nodes (S-110w): by the peer's setting they are answered with a
// redirection to their host node, or passed on to it. A redirection is told without a transaction,
// the same whenever it is asked for again.
#include <algorithm>

#include "engine/trace/counters.h"
#include "protocols/sip/origin.h"
#include "protocols/sip/service.h"

namespace sip {
namespace {

using trace::Counter;

constexpr base::Bytes kGoodForSeconds = "3600";  // as long as a publication without Expires

// A URI with the node's name means users of the first domain; those of others are named whole, for
// find_account() there.
void append_user(const Uri& uri, const Options& options, base::Sink& out) {
  if (!uri.has_user) return;
  const auto is_it = [&](base::Bytes name) { return equal_ignoring_case(uri.host, name); };
  const bool plain =
      is_it(options.domain) || std::any_of(options.hosts.begin(), options.hosts.end(), is_it);
  out.append(uri.user);
  if (!plain) out.append("%40").append(uri.host);
  out.append("@");
}

// By the transport that it was asked by: none other is known to reach that far.
void append_contact_there(const Essentials& request, const Flow& source, const Options& options,
                          const TrunkPeer& host, base::Sink& out) {
  const bool tls = source.reliable() && request.via.transport == Via::Transport::tls;
  out.append("<sip:");
  append_user(request.request_uri, options, out);
  out.append(tls ? host.host_node_tls : host.host_node);
  bool found = false;
  const base::Bytes resource = uri_parameter(request.request_uri, "gr", found);
  if (found) out.append(";gr=").append(resource);
  if (source.reliable()) out.append(tls ? ";transport=tls" : ";transport=tcp");
  out.append(">;expires=").append(kGoodForSeconds);
}

}  // namespace

// What has a dialog was told where it lives, by our Contact: who misses that is not told again.
// INVITEs have waited for a redirection ever since there are any, and a proxy of theirs would have
// to stay for ACK and CANCEL.
bool Service::passes_on(const Received& request) const {
  if (request.message.method() == Method::invite) return false;
  if (!request.essentials.to.tag.empty()) return true;
  return std::any_of(options_->peers.begin(), options_->peers.end(), [&](const TrunkPeer& peer) {
    return (peer.node || peer.wrong_node == WrongNode::proxy) && peer.speaks_from(request.source);
  });
}

// False: it has been answered.
bool Service::may_pass_on(const Incoming& in, const Received& request, engine::NodeId node,
                          engine::Turn& turn) {
  if (!may_be_answered(in.message)) return false;
  // A client of ours can be notified by its own node alone.
  if (!request.account.empty() || peer_at_node(options_->peers, node) == nullptr) {
    trace::count(Counter::sip_forwards_failed);
    reply(in, 503, turn);
    return false;
  }
  if (!passes_on(request)) {
    redirect(in, request.essentials, node, turn);
    return false;
  }
  if (!request.essentials.has_max_forwards || request.essentials.max_forwards > 0) return true;
  reply(in, 483, turn);
  return false;
}

void Service::redirect(const Incoming& in, const Essentials& essentials, engine::NodeId node,
                       engine::Turn& turn) {
  if (!may_be_answered(in.message) || server_.absorbs(in.message, essentials, turn)) return;
  const TrunkPeer* const host = peer_at_node(options_->peers, node);
  if (host == nullptr) {
    trace::count(Counter::sip_forwards_failed);
    return reply(in, 503, turn);
  }
  trace::count(Counter::sip_redirected);
  std::string contact;
  append_contact_there(essentials, in.source, *options_, *host, contact);
  Writer writer(response_scratch());
  begin_reply(in, {.status = 302}, writer);
  writer.field(HeaderId::contact, contact);
  end_reply(in, writer, turn);
}

}  // namespace sip
