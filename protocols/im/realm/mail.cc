// Stanzas in envelopes. A stanza envelope is the packed stanza; a fan-out is the length of the
// packed stanza, the stanza, and then each recipient with a length of two octets before it.
#include <cstring>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

engine::OverflowPolicy policy_of(const Stanza& stanza) {
  const bool request = stanza.kind == StanzaKind::iq &&
                       (stanza.type == StanzaType::get || stanza.type == StanzaType::set);
  return request ? engine::OverflowPolicy::refuse : engine::OverflowPolicy::hold;
}

struct FanOut {
  base::Bytes stanza;
  base::Bytes recipients;
};

bool open_fan_out(base::Bytes in, FanOut& out) {
  uint32_t length = 0;
  if (in.size() < sizeof length) return false;
  std::memcpy(&length, in.data(), sizeof length);
  in.remove_prefix(sizeof length);
  if (in.size() < length) return false;
  out = {in.substr(0, length), in.substr(length)};
  return true;
}

bool next_recipient(base::Bytes& in, base::Bytes& out) {
  uint16_t length = 0;
  if (in.size() < sizeof length) return false;
  std::memcpy(&length, in.data(), sizeof length);
  if (in.size() - sizeof length < length) return false;
  out = in.substr(sizeof length, length);
  in.remove_prefix(sizeof length + length);
  return true;
}

}  // namespace

void RealmState::post(const Stanza& stanza, MailKind kind, engine::ShardId to, engine::Turn& turn) {
  CHECK(to != shard_ && to < realm_.partition().shards());
  auto envelope = engine::make_envelope(static_cast<uint32_t>(packed_size(stanza)));
  envelope->from = shard_;
  envelope->to = to;
  envelope->kind = static_cast<uint8_t>(kind);
  envelope->overflow = policy_of(stanza);
  pack(stanza, envelope->data());
  turn.out.mail(std::move(envelope));
}

void RealmState::post_fan_out(const Stanza& stanza, Group recipients, uint64_t key,
                              engine::Turn& turn) {
  CHECK(!recipients.empty() && recipients.front().shard != shard_);
  const auto length = static_cast<uint32_t>(packed_size(stanza));
  size_t total = sizeof length + length;
  for (const Recipient& recipient : recipients) {
    CHECK(recipient.shard == recipients.front().shard && recipient.jid.size() <= UINT16_MAX);
    total += sizeof(uint16_t) + recipient.jid.size();
  }
  CHECK(total <= UINT32_MAX);
  auto envelope = engine::make_envelope(static_cast<uint32_t>(total));
  envelope->from = shard_;
  envelope->to = recipients.front().shard;
  envelope->kind = static_cast<uint8_t>(MailKind::fan_out);
  envelope->overflow = key != 0 ? engine::OverflowPolicy::coalesce : engine::OverflowPolicy::hold;
  envelope->key = key;
  char* at = envelope->data();
  std::memcpy(at, &length, sizeof length);
  pack(stanza, at + sizeof length);
  at += sizeof length + length;
  for (const Recipient& recipient : recipients) {
    const auto size = static_cast<uint16_t>(recipient.jid.size());
    std::memcpy(at, &size, sizeof size);
    std::memcpy(at + sizeof size, recipient.jid.data(), recipient.jid.size());
    at += sizeof size + recipient.jid.size();
  }
  CHECK(at == envelope->data() + total);
  turn.out.mail(std::move(envelope));
}

void RealmState::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  Stanza stanza;
  if (mail.kind == static_cast<uint8_t>(MailKind::stanza)) {
    CHECK(unpack(mail.payload(), stanza));
    // A reload may have taken the domain away while this was on its way.
    if (!is_local_account(stanza.to)) {
      refuse(stanza, ErrorCondition::remote_server_not_found, turn);
    } else if (needs_custody(stanza) && !take_custody(stanza, turn)) {
      refuse(stanza, ErrorCondition::resource_constraint, turn);
    } else if (!needs_custody(stanza) || !joins_the_line(stanza, turn)) {
      to_account(stanza, turn);
    }
    if (needs_custody(stanza)) owe_receipt(mail.from, stanza.message_id, turn);
    return;
  }
  if (mail.kind == static_cast<uint8_t>(MailKind::request)) {
    CHECK(unpack(mail.payload(), stanza));
    return subscribe(stanza, turn);
  }
  if (mail.kind == static_cast<uint8_t>(MailKind::receipt)) {
    return on_receipts(mail.payload(), turn);
  }
  CHECK(mail.kind == static_cast<uint8_t>(MailKind::fan_out));
  FanOut fan_out;
  CHECK(open_fan_out(mail.payload(), fan_out) && unpack(fan_out.stanza, stanza));
  base::Bytes recipient;
  while (next_recipient(fan_out.recipients, recipient)) {
    arrive(stanza, jid::JidView::trusted(recipient), turn);
  }
  CHECK(fan_out.recipients.empty());
}

// The mailbox to the other shard was full beyond what may wait for it.
void RealmState::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  count(trace::Counter::im_mail_refused);
  if (mail.kind == static_cast<uint8_t>(MailKind::receipt)) return receipts_refused(mail);
  Stanza stanza;
  if (mail.kind != static_cast<uint8_t>(MailKind::stanza)) return;  // presence is soft state
  CHECK(unpack(mail.payload(), stanza));
  refuse(stanza, ErrorCondition::resource_constraint, turn);
}

}  // namespace im
