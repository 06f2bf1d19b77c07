// What a session leaves in the journal can be read back, and nothing else can.
#include "protocols/xmpp/session/snapshot.h"

#include <gtest/gtest.h>

#include "protocols/im/presentity/publication.h"
#include "protocols/xmpp/journal_account.h"
#include "protocols/xmpp/session/ledger.h"

namespace xmpp {
namespace {

SessionSnapshot snapshot() {
  SessionSnapshot made;
  made.id = "0123456789abcdef";
  made.full_jid = "romeo@here/orchard";
  made.presence = std::string("packed\0presence", 15);
  made.directed = {"juliet@here", "nurse@here/kitchen"};
  made.resume_seconds = 300;
  made.interested = made.blocking = true;
  return made;
}

TEST(Snapshot, IsReadBackAsItWas) {
  SessionSnapshot back;
  ASSERT_TRUE(unpack(pack(snapshot()), back));
  EXPECT_EQ(back.id, snapshot().id);
  EXPECT_EQ(back.full_jid, snapshot().full_jid);
  EXPECT_EQ(back.presence, snapshot().presence);
  EXPECT_EQ(back.directed, snapshot().directed);
  EXPECT_EQ(back.resume_seconds, 300u);
  EXPECT_TRUE(back.interested && back.blocking && !back.carbons);
}

TEST(Snapshot, CutShortOrOfAnotherVersionItIsNone) {
  const std::string whole = pack(snapshot());
  SessionSnapshot back;
  const size_t directed = whole.size() - 2 * sizeof(uint32_t) - 11 - 18;
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    const bool between_jids = cut == directed || cut == directed + sizeof(uint32_t) + 11;
    EXPECT_EQ(unpack(base::Bytes(whole).substr(0, cut), back), between_jids) << cut;
  }
  std::string other = whole;
  other[0] = 2;
  EXPECT_FALSE(unpack(other, back));
}

TEST(Snapshot, NotesAreReadBackAndNotTakenForEachOther) {
  SentNote sent;
  ReceivedNote received;
  ASSERT_TRUE(unpack(pack(SentNote{7, 0, true}), sent));
  EXPECT_TRUE(sent.waits);
  EXPECT_FALSE(unpack(pack(SentNote{7, 0, true}) + "x", sent));
  ASSERT_TRUE(unpack(pack(SentNote{7, 9}), sent));
  EXPECT_FALSE(sent.waits);
  EXPECT_EQ(sent.entry, 7u);
  EXPECT_EQ(sent.number, 9u);
  ASSERT_TRUE(unpack(pack(ReceivedNote{3, 4}), received));
  EXPECT_EQ(received.h, 3u);
  EXPECT_EQ(received.upto, 4u);
  EXPECT_FALSE(unpack(pack(ReceivedNote{3, 4}), sent));
  EXPECT_FALSE(unpack(pack(SentNote{7, 9}), received));
}

TEST(Snapshot, TheJournalSaysWhoseAnEntryIs) {
  EXPECT_EQ(journal_account({{16, 1}, pack(snapshot()), {}}), "romeo@here");
  im::Stanza stanza;
  stanza.to = jid::JidView::trusted("juliet@here/balcony");
  std::string packed;
  im::pack(stanza, packed);
  EXPECT_EQ(journal_account({{1, 1}, packed, {}}), "juliet@here");
  std::string published;
  im::pack_entry("romeo@here", "a report", published);
  EXPECT_EQ(journal_account({{2, 1}, published, {}}), "romeo@here");
  EXPECT_EQ(journal_account({{2, 1}, "damaged", {}}), "");
  EXPECT_EQ(journal_account({{1, 1}, "damaged", {}}), "");
  EXPECT_EQ(journal_account({{16, 1}, "damaged", {}}), "");
  EXPECT_EQ(journal_account({{9, 1}, packed, {}}), "");
}

}  // namespace
}  // namespace xmpp
