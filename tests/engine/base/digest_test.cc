#include "engine/base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace base {

TEST(RunningHash, APieceAtATimeGivesWhatAllAtOnceGives) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>(i * 7);
  for (const size_t piece : {1, 63, 64, 65, 4096}) {
    RunningHash hash;
    for (size_t at = 0; at < text.size(); at += piece) hash.add(Bytes(text).substr(at, piece));
    EXPECT_EQ(hash.finish().view(), base::hash(HashKind::sha256, text).view()) << piece;
  }
}

TEST(RunningHash, OfNothingIsTheHashOfNothing) {
  RunningHash hash;
  hash.add({});
  EXPECT_EQ(hash.finish().view(), base::hash(HashKind::sha256, "").view());
}

}  // namespace base
