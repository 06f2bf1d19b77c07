#include "protocols/xmpp/stream_management.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/digest.h"
#include "engine/base/hexadecimal.h"
#include "engine/base/plant.h"

namespace xmpp {

StreamManagement::StreamManagement(bool resumable, uint32_t resume_seconds, base::Random& random,
                                   uint64_t& shard_bytes)
    : shard_bytes_(shard_bytes), resume_seconds_(resume_seconds), resumable_(resumable) {
  CHECK(!resumable || resume_seconds > 0);
  random.fill(id_.data(), id_.size());
}

StreamManagement::~StreamManagement() {
  CHECK(shard_bytes_ >= bytes_);
  shard_bytes_ -= bytes_;
}

void StreamManagement::sent(base::Bytes packed) {
  CHECK(!packed.empty());
  queue_.emplace_back(packed);
  bytes_ += packed.size();
  shard_bytes_ += packed.size();
  largest_ = std::max(largest_, packed.size());
  ++since_request;
}

bool StreamManagement::plausible(uint32_t h) const {
  return restored_ || h - acked_ <= unacked_count();  // modulo 2^32 (XEP-0198 §4)
}

uint32_t StreamManagement::covered(uint32_t h) const {
  CHECK(plausible(h));
  if (restored_) {
    uint32_t covered = 0;
    // Not after h, modulo 2^32.
    while (covered < numbers_.size() && h - numbers_[covered] < UINT32_MAX / 2) ++covered;
    return covered;
  }
  const uint32_t newly = h - acked_;
  const bool planted = base::plant == base::Plant::ack_off_by_one;
  return planted && newly > 0 && newly < unacked_count() ? newly + 1 : newly;
}

void StreamManagement::forget(uint32_t newly, uint32_t h) {
  CHECK(newly <= unacked_count());
  const uint32_t sent_before = restored_ ? h + unacked_count() - newly : sent_count();
  restored_ = false;
  numbers_.clear();
  for (uint32_t i = 0; i < newly; ++i) {
    base::PackedString& entry = queue_[head_ + i];
    bytes_ -= entry.view().size();
    shard_bytes_ -= entry.view().size();
    entry = {};
  }
  acked_ = h;
  head_ += newly;
  if (head_ == queue_.size()) {
    // An idle session should cost nothing for what it once had in flight.
    if (queue_.capacity() > 16) std::vector<base::PackedString>().swap(queue_);
    queue_.clear();
    head_ = 0;
  } else if (head_ > 64 && head_ * 2 > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
  CHECK(sent_count() == sent_before && head_ <= queue_.size());
  if (newly > 0) {
    largest_ = 0;
    size_t bytes = 0;
    for_each_unacked([&](base::Bytes packed) {
      largest_ = std::max(largest_, packed.size());
      bytes += packed.size();
    });
    CHECK(bytes == bytes_);
  }
}

void StreamManagement::restore(base::Bytes id, uint32_t received,
                               const std::vector<Sent>& unacked) {
  CHECK(resumable_ && queue_.empty() && id.size() == id_.size());
  id.copy(id_.data(), id_.size());
  received_ = received;
  restored_ = true;
  for (const Sent& one : unacked) {
    sent(one.packed);
    numbers_.push_back(one.number);
  }
}

std::string StreamManagement::id() const { return base::hexadecimal({id_.data(), id_.size()}); }

bool StreamManagement::is(base::Bytes id) const {
  return resumable_ && base::equal_in_constant_time(id, this->id());
}

void StreamManagement::set_counts(uint32_t received, uint32_t acked) {
  CHECK(unacked_count() == 0);
  received_ = received;
  acked_ = acked;
}

}  // namespace xmpp
