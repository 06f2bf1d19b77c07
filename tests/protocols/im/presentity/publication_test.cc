#include "protocols/im/presentity/publication.h"

#include <gtest/gtest.h>

#include <string>

#include "protocols/im/journal_entry.h"

namespace im {
namespace {

TEST(PublicationEntry, IsReadBackFromItsBytesAndFromNothingElse) {
  std::string bytes;
  pack_entry("alice@here", "the report", bytes);
  base::Bytes account;
  base::Bytes report;
  ASSERT_TRUE(unpack_entry(bytes, account, report));
  EXPECT_EQ(account, "alice@here");
  EXPECT_EQ(report, "the report");
  for (size_t length = 0; length < 2 + account.size(); ++length) {
    EXPECT_FALSE(unpack_entry(bytes.substr(0, length), account, report)) << length;
  }
  EXPECT_FALSE(unpack_entry(base::Bytes("\0\0abc", 5), account, report));
}

TEST(PublicationNote, IsReadBackFromItsBytesAndFromNothingElse) {
  std::string bytes;
  pack(PublicationNote{{-123456789012345}, 77}, bytes);
  EXPECT_LE(bytes.size(), engine::Journal::kNoteBytesMax);
  PublicationNote note;
  ASSERT_TRUE(unpack(bytes, note));
  EXPECT_EQ(note.expires.us, -123456789012345);
  EXPECT_EQ(note.version, 77u);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(unpack(base::Bytes(bytes).substr(0, length), note)) << length;
  }
  EXPECT_FALSE(unpack(bytes + "x", note));
  bytes[0] = 9;  // of another version
  EXPECT_FALSE(unpack(bytes, note));
}

TEST(PublicationKey, IsOfItsOwnKind) {
  EXPECT_EQ(publication_key(5), (engine::JournalKey{2, 5}));
  EXPECT_NE(publication_key(5), message_key({5, 0}));
}

}  // namespace
}  // namespace im
