// The counters and the queue of stream management (XEP-0198) of one session: what the client has
// sent us, what we have sent it and it has not yet acknowledged. Counts stanzas, modulo 2^32.
// Pure bookkeeping: no stream, no clock. Made by <enable/>, owned by the Session.
// Limits: Options::unacked_stanzas_max and unacked_bytes_max; the Session states the policy.
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
  StreamManagement(bool resumable, uint32_t resume_seconds, base::Random& random);

  // Their stanzas.
  void received() { ++received_; }
  uint32_t h() const { return received_; }

  // Our stanzas.
  void sent(base::Bytes packed);                  // im::pack()ed, `to` as it went out
  // False: they cannot have handled so many. Acked stanzas are forgotten.
  [[nodiscard]] bool acked(uint32_t h);
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
  bool is(base::Bytes id) const;

  // Our requests for acknowledgement: at most one is out.
  bool request_outstanding = false;
  uint32_t since_request = 0;                 // stanzas sent after the last request
  base::Instant requested;

  // For tests of the wrap-around, and for a session restored from elsewhere.
  void set_counts(uint32_t received, uint32_t acked);

 private:
  std::array<char, 16> id_{};
  uint32_t received_ = 0;
  uint32_t acked_ = 0;
  std::vector<base::PackedString> queue_;     // [head_, size): not acked
  size_t head_ = 0;
  size_t bytes_ = 0;
  size_t largest_ = 0;
  uint32_t resume_seconds_;
  bool resumable_;
};

}  // namespace xmpp
