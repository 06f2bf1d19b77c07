#include "protocols/xmpp/session/unsent.h"

#include <gtest/gtest.h>

namespace xmpp {
namespace {

void add(Unsent& unsent, base::Bytes packed, uint64_t number) {
  unsent.packed.append(packed);
  unsent.messages.push_back({{number, 0}, unsent.packed.size()});
}

TEST(Unsent, WhatWasNotAskedAboutStays) {
  Unsent unsent;
  add(unsent, "one", 1);
  add(unsent, "two", 2);
  unsent.asked = 2;
  add(unsent, "three", 3);
  ASSERT_TRUE(unsent.drop_asked());
  EXPECT_EQ(unsent.packed, "three");
  ASSERT_EQ(unsent.messages.size(), 1u);
  EXPECT_EQ(unsent.messages[0].end, 5u);
  EXPECT_EQ(unsent.asked, 0u);
  unsent.asked = 1;
  EXPECT_FALSE(unsent.drop_asked());
  EXPECT_EQ(unsent.packed, "");
}

TEST(UnsentPool, WhatComesBackIsLentOutEmpty) {
  UnsentPool pool;
  std::unique_ptr<Unsent> unsent = pool.take();
  add(*unsent, "one", 1);
  unsent->asked = 1;
  const Unsent* const first = unsent.get();
  pool.give(std::move(unsent));
  EXPECT_EQ(pool.spares(), 1u);
  unsent = pool.take();
  EXPECT_EQ(unsent.get(), first);
  EXPECT_TRUE(unsent->packed.empty() && unsent->messages.empty());
  EXPECT_EQ(unsent->asked, 0u);
  EXPECT_EQ(pool.spares(), 0u);
}

TEST(UnsentPool, KeepsNoGiantsAndNotTooMany) {
  UnsentPool pool;
  std::unique_ptr<Unsent> giant = pool.take();
  giant->packed.resize(UnsentPool::kSpareBytesMax + 1);
  pool.give(std::move(giant));
  EXPECT_EQ(pool.spares(), 0u);
  for (size_t i = 0; i < 2 * UnsentPool::kSparesMax; ++i) pool.give(std::make_unique<Unsent>());
  EXPECT_EQ(pool.spares(), UnsentPool::kSparesMax);
}

}  // namespace
}  // namespace xmpp
