// Requests of those who are no trunk peers, from where they are heard to where their Gate can tell
// who has sent them, and back.
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/mail.h"
#include "protocols/sip/service.h"

namespace sip {

using trace::Counter;

void Service::set_gate(Gate& gate) {
  CHECK(gate_ == nullptr);
  gate_ = &gate;
}

void Service::screen(const Incoming& in, const Essentials& essentials, engine::Turn& turn) {
  if (server_.absorbs(in.message, essentials, turn)) return;
  const Claim claim{in.message, essentials, in.source, shard_};
  engine::Owner owner = here();
  Verdict verdict;
  if (!gate_->screen(claim, owner, verdict, turn)) return decide(claim, verdict, turn);
  // Of our users only the host node has keys, and flows to reach them by.
  if (owner.node != node_.id) return redirect(in, essentials, owner.node, turn);
  if (owner.shard == shard_) return gate_->check(claim, turn);
  Mail head;
  head.source = claim.source;
  auto mail = make_mail(head, in.message.bytes().substr(0, in.message.total_bytes()));
  mail->from = shard_;
  mail->to = owner.shard;
  mail->kind = Mail::claim;
  mail->overflow = engine::OverflowPolicy::refuse;
  turn.out.mail(std::move(mail));
}

void Service::decide(const Claim& claim, const Verdict& verdict, engine::Turn& turn) {
  if (claim.shard == shard_) {
    const Incoming in{claim.message, claim.essentials.via, claim.source, shard_};
    if (verdict.status != 0) return reply_to_claim(in, claim, verdict, turn);
    return proceed(in, claim.essentials, verdict.account, turn);
  }
  Mail head;
  head.source = claim.source;
  head.status = verdict.status;
  head.stale = verdict.stale;
  head.account_bytes = static_cast<uint16_t>(verdict.account.size());
  const base::Bytes bytes = claim.message.bytes().substr(0, claim.message.total_bytes());
  auto mail = make_mail(head, bytes, verdict.account);
  mail->from = shard_;
  mail->to = claim.shard;
  mail->kind = Mail::verdict;
  turn.out.mail(std::move(mail));
}

void Service::reply_to_claim(const Incoming& in, const Claim& claim, const Verdict& verdict,
                             engine::Turn& turn) {
  if (verdict.status != 401) return reply(in, verdict.status, turn);
  if (!may_be_answered(in.message)) return;
  trace::count(Counter::sip_challenges);
  Writer writer(response_scratch());
  begin_reply(in, {.status = 401}, writer);
  gate_->challenge(claim, verdict.stale, writer, turn);
  end_reply(in, writer, turn);
}

void Service::set_flow_user(FlowUser& user) {
  CHECK(flow_user_ == nullptr);
  flow_user_ = &user;
}

void Service::send_elsewhere(const Flow& flow, engine::ShardId shard, base::Bytes message,
                             engine::Turn& turn) {
  CHECK(shard != shard_ && flow.reliable());
  Mail head;
  head.source = flow;
  auto mail = make_mail(head, message);
  mail->from = shard_;
  mail->to = shard;
  mail->kind = Mail::send;
  turn.out.mail(std::move(mail));
}

// Users may have registered by it; where they live is not known here.
void Service::on_flow_closed(const Flow& flow, engine::Turn& turn) {
  if (flow_user_ == nullptr || proved_.erase(flow.connection) == 0) return;
  for (engine::ShardId shard = 0; shard < node_.shards; ++shard) {
    if (shard == shard_) continue;
    Mail head;
    head.source = flow;
    auto mail = make_mail(head, {});
    mail->from = shard_;
    mail->to = shard;
    mail->kind = Mail::closed;
    turn.out.mail(std::move(mail));
  }
  flow_user_->on_flow_closed(flow, shard_, turn);
}

}  // namespace sip
