#include "engine/seam/outbox.h"

#include <utility>

#include "engine/base/check.h"

namespace engine {

void Outbox::push(EffectKind kind, ConnectionId connection, ShardId shard) {
  CHECK(connection && !building());
  CHECK(kind != EffectKind::send && kind < EffectKind::mail);
  effects_.push_back({.kind = kind, .shard = shard, .connection = connection});
}

base::Sink& Outbox::begin_send(ConnectionId connection) {
  CHECK(connection && !building());
  building_ = connection;
  building_from_ = bytes_.size();
  return bytes_;
}

void Outbox::end_send() {
  CHECK(building_ && bytes_.size() >= building_from_);
  CHECK(bytes_.size() - building_from_ <= UINT32_MAX);
  const auto length = static_cast<uint32_t>(bytes_.size() - building_from_);
  const ConnectionId connection = std::exchange(building_, ConnectionId{});
  if (length == 0) return;
  if (!effects_.empty()) {
    Effect& last = effects_.back();
    CHECK(last.kind != EffectKind::send || last.offset + last.length <= building_from_);
    const bool joins = last.kind == EffectKind::send && last.connection == connection &&
                       last.offset + last.length == building_from_ &&
                       uint64_t{last.length} + length <= kJoinedBytesMax;
    if (joins) {
      last.length += length;
      return;
    }
  }
  effects_.push_back({.kind = EffectKind::send,
                      .connection = connection,
                      .length = length,
                      .offset = building_from_});
}

void Outbox::send(ConnectionId connection, base::Bytes bytes) {
  begin_send(connection).append(bytes);
  end_send();
}

void Outbox::mail(EnvelopePtr envelope) {
  CHECK(envelope != nullptr && !building());
  effects_.push_back({.kind = EffectKind::mail, .shard = envelope->to, .offset = mail_.size()});
  mail_.push_back(std::move(envelope));
}

void Outbox::ask(QuestionPtr question) {
  CHECK(question != nullptr && !building());
  effects_.push_back({.kind = EffectKind::ask, .offset = questions_.size()});
  questions_.push_back(std::move(question));
}

base::Sink& Outbox::begin_datagram(uint16_t listener, const base::SocketAddress& to) {
  CHECK(to && !building());
  building_datagram_ = true;
  datagrams_.push_back({.to = to, .listener = listener, .offset = bytes_.size()});
  return bytes_;
}

void Outbox::end_datagram() {
  CHECK(building_datagram_ && !datagrams_.empty());
  OutgoingDatagram& built = datagrams_.back();
  CHECK(bytes_.size() >= built.offset && bytes_.size() - built.offset <= UINT32_MAX);
  building_datagram_ = false;
  built.length = static_cast<uint32_t>(bytes_.size() - built.offset);
  if (built.length == 0) {
    datagrams_.pop_back();
    return;
  }
  effects_.push_back({.kind = EffectKind::datagram, .offset = datagrams_.size() - 1});
}

void Outbox::send_datagram(uint16_t listener, const base::SocketAddress& to, base::Bytes bytes) {
  begin_datagram(listener, to).append(bytes);
  end_datagram();
}

void Outbox::connect(uint64_t token, Connect how) {
  CHECK(how.remote && !building());
  effects_.push_back({.kind = EffectKind::connect, .offset = connects_.size()});
  connects_.push_back({token, std::move(how)});
}

const OutgoingDatagram& Outbox::datagram(const Effect& effect) const {
  CHECK(effect.kind == EffectKind::datagram && effect.offset < datagrams_.size());
  return datagrams_[effect.offset];
}

base::Bytes Outbox::bytes(const OutgoingDatagram& datagram) const {
  CHECK(datagram.offset + datagram.length <= bytes_.size());
  return base::Bytes(bytes_).substr(datagram.offset, datagram.length);
}

OutgoingConnection Outbox::take_connect(const Effect& effect) {
  CHECK(effect.kind == EffectKind::connect && effect.offset < connects_.size());
  return std::move(connects_[effect.offset]);
}

base::Bytes Outbox::bytes(const Effect& effect) const {
  CHECK(effect.kind == EffectKind::send && effect.offset + effect.length <= bytes_.size());
  return base::Bytes(bytes_).substr(effect.offset, effect.length);
}

EnvelopePtr Outbox::take_mail(const Effect& effect) {
  CHECK(effect.kind == EffectKind::mail && effect.offset < mail_.size());
  CHECK(mail_[effect.offset] != nullptr);  // taken once
  return std::move(mail_[effect.offset]);
}

QuestionPtr Outbox::take_question(const Effect& effect) {
  CHECK(effect.kind == EffectKind::ask && effect.offset < questions_.size());
  CHECK(questions_[effect.offset] != nullptr);
  return std::move(questions_[effect.offset]);
}

// One callback that had very much to say must not leave its memory with the shard for ever.
template <class Container>
static void drop_excess(Container& container, size_t kept) {
  if (container.capacity() > kept) Container().swap(container);
}

void Outbox::clear() {
  CHECK(!building());
  effects_.clear();
  bytes_.clear();
  mail_.clear();
  questions_.clear();
  datagrams_.clear();
  connects_.clear();
  drop_excess(bytes_, kKeptBytes);
  drop_excess(effects_, kKeptEffects);
  drop_excess(mail_, kKeptEffects);
  drop_excess(datagrams_, kKeptEffects);
}

}  // namespace engine
