#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>

namespace load {

// Values below 2^kBits have a bucket each; above, the bits behind the leading one choose.
unsigned Histogram::bucket_of(uint64_t value) {
  if (value < (1U << kBits)) return static_cast<unsigned>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
  const auto bucket =
      ((shift + 1) << kBits) + static_cast<unsigned>(value >> shift) - (1U << kBits);
  return std::min(bucket, kBuckets - 1);
}

uint64_t Histogram::upper_edge(unsigned bucket) {
  if (bucket < (1U << kBits)) return bucket;
  const unsigned shift = (bucket >> kBits) - 1;
  const uint64_t mantissa = (bucket & ((1U << kBits) - 1)) + (1U << kBits);
  return ((mantissa + 1) << shift) - 1;
}

void Histogram::record(int64_t nanoseconds) {
  const auto value = static_cast<uint64_t>(std::max<int64_t>(nanoseconds, 0));
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::add(const Histogram& other) {
  for (unsigned i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double Histogram::mean_us() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_) / 1000;
}

double Histogram::percentile_us(double share) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<uint64_t>(share * static_cast<double>(count_ - 1));
  uint64_t seen = 0;
  for (unsigned i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > rank) return static_cast<double>(std::min(upper_edge(i), max_)) / 1000;
  }
  return max_us();
}

}  // namespace load
