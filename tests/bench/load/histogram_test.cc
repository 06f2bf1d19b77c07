#include "bench/load/histogram.h"

#include <gtest/gtest.h>

namespace load {
namespace {

TEST(Histogram, NothingRecordedIsZero) {
  const Histogram histogram;
  EXPECT_EQ(0u, histogram.count());
  EXPECT_EQ(0, histogram.percentile_us(0.99));
  EXPECT_EQ(0, histogram.mean_us());
}

TEST(Histogram, OneSampleIsEveryPercentileExactly) {
  Histogram histogram;
  histogram.record(1'234'567);
  for (const double share : {0.0, 0.5, 0.99, 0.999, 1.0}) {
    EXPECT_DOUBLE_EQ(1234.567, histogram.percentile_us(share));
  }
  EXPECT_DOUBLE_EQ(1234.567, histogram.mean_us());
}

TEST(Histogram, PercentilesAreNeverBelowTheTruthAndAtMostThreePercentAbove) {
  Histogram histogram;
  constexpr int kSamples = 100'000;
  for (int i = 1; i <= kSamples; ++i) histogram.record(int64_t{i} * 1000);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double truth = 1 + share * (kSamples - 1);
    EXPECT_GE(histogram.percentile_us(share), truth - 1) << share;
    EXPECT_LE(histogram.percentile_us(share), truth * 1.032) << share;
  }
  EXPECT_DOUBLE_EQ(kSamples, histogram.max_us());
  EXPECT_DOUBLE_EQ(kSamples, histogram.percentile_us(1.0));
}

TEST(Histogram, EveryPowerOfTwoAndItsNeighboursKeepTheirOrder) {
  for (int bit = 1; bit < 47; ++bit) {
    Histogram below;
    Histogram at;
    below.record((int64_t{1} << bit) - 1);
    at.record(int64_t{1} << bit);
    // A larger sample beside it, so that no percentile is cut to the maximum.
    below.record(int64_t{1} << 47);
    at.record(int64_t{1} << 47);
    EXPECT_LT(below.percentile_us(0), at.percentile_us(0)) << bit;
    EXPECT_GE(at.percentile_us(0) * 1000, static_cast<double>(int64_t{1} << bit));
  }
}

TEST(Histogram, OneOutlierIsTheMaximumAndNotThePercentile) {
  Histogram histogram;
  for (int i = 0; i < 9'999; ++i) histogram.record(1'000'000);
  histogram.record(5'000'000'000);
  EXPECT_NEAR(1000, histogram.percentile_us(0.999), 32);
  EXPECT_DOUBLE_EQ(5e6, histogram.max_us());
}

TEST(Histogram, TooLongAndNegativeTimesAreKeptAtTheEnds) {
  Histogram histogram;
  histogram.record(-5);
  EXPECT_EQ(0, histogram.max_us());
  histogram.record(INT64_MAX / 2);
  EXPECT_EQ(2u, histogram.count());
  EXPECT_EQ(0, histogram.percentile_us(0));
  EXPECT_GT(histogram.percentile_us(1), 1e9);
}

TEST(Histogram, AddedOnesAreAsIfAllHadBeenRecordedInOne) {
  Histogram first;
  Histogram second;
  Histogram both;
  for (int i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? first : second).record(int64_t{i} * i);
    both.record(int64_t{i} * i);
  }
  first.add(second);
  EXPECT_EQ(both.count(), first.count());
  EXPECT_DOUBLE_EQ(both.mean_us(), first.mean_us());
  EXPECT_DOUBLE_EQ(both.percentile_us(0.9), first.percentile_us(0.9));
}

}  // namespace
}  // namespace load
