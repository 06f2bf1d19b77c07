// The counters and the queue of stream management (XEP-0198) of one session: what the client has
// sent us, what we have sent it and it has not yet acknowledged. Counts stanzas, modulo 2^32.
// Pure bookkeeping: no stream, no clock. Made by <enable/>, owned by the Session.
// Limits: Options::unacked_stanzas_max, unacked_bytes_max, and unacked_shard_bytes_max of all
// sessions; the Session states the policy.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/packed_string.h"
#include "engine/base/random.h"
#include "engine/base/time.h"

namespace xmpp {

class StreamManagement {
 public:
  static constexpr size_t kIdOctets = 16;

  // `shard_bytes`: what all sessions of the shard hold; outlives us.
  StreamManagement(bool resumable, uint32_t resume_seconds, base::Random& random,
                   uint64_t& shard_bytes);
  ~StreamManagement();
  StreamManagement(const StreamManagement&) = delete;
  StreamManagement& operator=(const StreamManagement&) = delete;

  // Their stanzas.
  void received() { ++received_; }
  uint32_t h() const { return received_; }

  // Our stanzas.
  void sent(base::Bytes packed);                  // im::pack()ed, `to` as it went out
  // False: they cannot have handled so many.
  [[nodiscard]] bool plausible(uint32_t h) const;
  // Forgets what they have handled; visit(packed) sees each of them before. `h` is plausible.
  template <class Visit>
  void acked(uint32_t h, Visit visit) {
    const uint32_t newly = covered(h);
    for (uint32_t i = 0; i < newly; ++i) visit(queue_[head_ + i].view());
    forget(newly, h);
  }
  uint32_t sent_count() const { return acked_ + unacked_count(); }   // modulo 2^32
  uint32_t unacked_count() const { return static_cast<uint32_t>(queue_.size() - head_); }
  size_t unacked_bytes() const { return bytes_; }
  size_t largest_bytes() const { return largest_; }                // of one that is not acked
  template <class Visit>
  void for_each_unacked(Visit visit) const {
    for (size_t i = head_; i < queue_.size(); ++i) visit(queue_[i].view());
  }

  // Resumption.
  bool resumable() const { return resumable_; }
  uint32_t resume_seconds() const { return resume_seconds_; }
  std::string id() const;                     // 32 hexadecimal digits
  base::Bytes octets() const { return {id_.data(), id_.size()}; }
  bool is(base::Bytes id) const;

  // Our requests for acknowledgement: at most one is out.
  bool request_outstanding = false;
  uint32_t since_request = 0;                 // stanzas sent after the last request
  base::Instant requested;

  // For tests of the wrap-around.
  void set_counts(uint32_t received, uint32_t acked);

  // As it was when the node stopped, as far as the journal knows: messages and their numbers, but
  // neither presence nor IQs, so that any `h` may be right. Until the client comes back; what is
  // sent meanwhile follows.
  struct Sent {
    uint32_t number = 0;
    base::Bytes packed;
  };
  void restore(base::Bytes id, uint32_t received, const std::vector<Sent>& unacked);
  bool restored() const { return restored_; }

 private:
  uint32_t covered(uint32_t h) const;   // how many of the queue
  void forget(uint32_t newly, uint32_t h);

  std::array<char, kIdOctets> id_{};
  uint32_t received_ = 0;
  uint32_t acked_ = 0;
  std::vector<base::PackedString> queue_;     // [head_, size): not acked
  size_t head_ = 0;
  size_t bytes_ = 0;
  uint64_t& shard_bytes_;
  size_t largest_ = 0;
  uint32_t resume_seconds_;
  bool resumable_;
  bool restored_ = false;
  std::vector<uint32_t> numbers_;             // restored: of the queue's first ones
};

}  // namespace xmpp
