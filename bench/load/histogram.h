// Durations in buckets whose width grows with the value: 32 a doubling, so a percentile is at most
// 3 % above the truth, from nanoseconds to hours in 16 KiB. Plain memory: it lives in what the
// generator's processes share. One writer; whoever reads waits until that has finished.
#pragma once

#include <array>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void record(int64_t nanoseconds);
  void add(const Histogram& other);
  void clear() { *this = Histogram{}; }

  uint64_t count() const { return count_; }
  double mean_us() const;
  double max_us() const { return static_cast<double>(max_) / 1000; }
  // The upper edge of the bucket in which the sample of this rank lies, but never more than the
  // largest sample. 0 without samples. `share` from 0 to 1.
  double percentile_us(double share) const;

 private:
  static constexpr unsigned kBits = 5;
  static constexpr unsigned kBuckets = 44 << kBits;  // 2^48 ns are three days
  static unsigned bucket_of(uint64_t value);
  static uint64_t upper_edge(unsigned bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace load
