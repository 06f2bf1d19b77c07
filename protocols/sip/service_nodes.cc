// Requests for users of other nodes (S-110w): by the peer's setting they are answered with a
// redirection to their host node, or passed on to it. A redirection is told without a transaction,
// the same whenever it is asked for again.
#include <algorithm>

#include "engine/trace/counters.h"
#include "protocols/sip/mail.h"
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

// INVITEs are not passed on by nodes, and BENOTIFYs have no transaction.
bool Service::from_node(const Incoming& in) const {
  const Method method = in.message.method();
  return in.source.reliable() && method != Method::invite && method != Method::benotify &&
         speaks_from_a_node(options_->peers, in.source);
}

// The shard of the transaction. A node sends again what a lost connection has not answered, and the
// next one may be any shard's: the branch says where it was before.
engine::ShardId Service::home_of(const Incoming& in) const {
  if (node_.shards == 1 || !from_node(in)) return shard_;
  return static_cast<engine::ShardId>(base::siphash13(node_.key, in.via.branch) % node_.shards);
}

void Service::adopt(const Incoming& in, engine::ShardId home, engine::Turn& turn) {
  Mail head;
  head.source = in.source;
  auto mail = make_mail(head, in.message.bytes().substr(0, in.message.total_bytes()));
  mail->from = shard_;
  mail->to = home;
  mail->kind = Mail::adopted;
  mail->overflow = engine::OverflowPolicy::refuse;
  turn.out.mail(std::move(mail));
}

void Service::adopted(const Incoming& in, const Essentials& essentials, engine::Turn& turn) {
  Handler* const who = handler(in.message.method());
  CHECK(who != nullptr);
  Received request{in.message, essentials, {{}, shard_}, in.source, {}};
  const engine::Owner owner = who->owner_of(request, turn);
  // It has been asked where it was heard, but nodes may have come or gone meanwhile.
  if (owner.node != node_.id && !may_pass_on(in, request, owner.node, turn)) return;
  begin(in, request, owner, turn);
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
