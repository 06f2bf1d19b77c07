#include "engine/seam/outbox.h"

#include <utility>

#include "engine/base/check.h"

namespace engine {

void Outbox::push(EffectKind kind, ConnectionId connection, ShardId shard) {
  CHECK(!building_);
  effects_.push_back({kind, shard, connection, 0, 0});
}

base::Sink& Outbox::begin_send(ConnectionId connection) {
  CHECK(connection && !building_);
  building_ = connection;
  building_from_ = bytes_.size();
  return bytes_;
}

void Outbox::end_send() {
  CHECK(building_ && bytes_.size() >= building_from_);
  const auto length = static_cast<uint32_t>(bytes_.size() - building_from_);
  const ConnectionId connection = std::exchange(building_, ConnectionId{});
  if (length == 0) return;
  if (!effects_.empty()) {
    Effect& last = effects_.back();
    const bool joins = last.kind == EffectKind::send && last.connection == connection &&
                       last.offset + last.length == building_from_;
    if (joins) {
      last.length += length;
      return;
    }
  }
  effects_.push_back(
      {EffectKind::send, 0, connection, static_cast<uint32_t>(building_from_), length});
}

void Outbox::send(ConnectionId connection, base::Bytes bytes) {
  begin_send(connection).append(bytes);
  end_send();
}

void Outbox::mail(EnvelopePtr envelope) {
  CHECK(envelope != nullptr && !building_);
  const auto index = static_cast<uint32_t>(mail_.size());
  effects_.push_back({EffectKind::mail, envelope->to, {}, index, 0});
  mail_.push_back(std::move(envelope));
}

void Outbox::ask(QuestionPtr question) {
  CHECK(question != nullptr && !building_);
  const auto index = static_cast<uint32_t>(questions_.size());
  effects_.push_back({EffectKind::ask, 0, {}, index, 0});
  questions_.push_back(std::move(question));
}

base::Bytes Outbox::bytes(const Effect& effect) const {
  CHECK(effect.kind == EffectKind::send && effect.offset + effect.length <= bytes_.size());
  return base::Bytes(bytes_).substr(effect.offset, effect.length);
}

EnvelopePtr Outbox::take_mail(const Effect& effect) {
  CHECK(effect.kind == EffectKind::mail && effect.offset < mail_.size());
  return std::move(mail_[effect.offset]);
}

QuestionPtr Outbox::take_question(const Effect& effect) {
  CHECK(effect.kind == EffectKind::ask && effect.offset < questions_.size());
  return std::move(questions_[effect.offset]);
}

void Outbox::clear() {
  CHECK(!building_);
  effects_.clear();
  bytes_.clear();
  mail_.clear();
  questions_.clear();
}

}  // namespace engine
