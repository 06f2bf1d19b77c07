#include "protocols/im/roster.h"

#include <gtest/gtest.h>

#include "protocols/im/user.h"

namespace im {
namespace {

TEST(Contact, KeepsNameAndGroups) {
  Contact contact;
  EXPECT_EQ(contact.name(), "");
  EXPECT_TRUE(contact.groups().empty());
  contact.details = Contact::pack("Nurse", {"Servants", "House"});
  EXPECT_EQ(contact.name(), "Nurse");
  EXPECT_EQ(contact.groups(), (std::vector<base::Bytes>{"Servants", "House"}));
  contact.details = Contact::pack("", {"House"});
  EXPECT_EQ(contact.name(), "");
  EXPECT_EQ(contact.groups(), (std::vector<base::Bytes>{"House"}));
  contact.details = Contact::pack("", {});
  EXPECT_TRUE(contact.details.empty());
}

TEST(Contact, DamagedDetailsYieldNoMoreThanWhatIsWhole) {
  const base::PackedString good = Contact::pack("Nurse", {"Servants"});
  for (size_t length = 0; length < good.view().size(); ++length) {
    Contact contact;
    contact.details = base::PackedString(good.view().substr(0, length));
    EXPECT_TRUE(contact.groups().empty()) << length;
  }
}

TEST(Contact, CostsTwentyFourBytes) { static_assert(sizeof(Contact) == 24); }

TEST(Contact, FlagsAreReadBackInEveryCombination) {
  for (int flags = 0; flags < 64; ++flags) {
    Contact contact;
    contact.set_flags(static_cast<uint8_t>(flags));
    EXPECT_EQ(contact.flags(), flags);
  }
}

TEST(Roster, FindsAndForgetsContacts) {
  Roster roster;
  for (const char* jid : {"m@x", "a@x", "z@x", "b@x"}) roster.set_listed(roster.add(jid), true);
  EXPECT_EQ(roster.listed_count(), 4u);
  roster.add("hidden@x");
  EXPECT_EQ(roster.listed_count(), 4u);
  EXPECT_EQ(roster.contacts().size(), 5u);
  ASSERT_NE(roster.find("a@x"), nullptr);
  EXPECT_EQ(roster.find("a@x")->jid.view(), "a@x");
  EXPECT_EQ(roster.find("a@"), nullptr);
  roster.remove("a@x");
  roster.remove("nobody@x");
  EXPECT_EQ(roster.find("a@x"), nullptr);
  EXPECT_EQ(roster.listed_count(), 3u);
  EXPECT_EQ(&roster.add("m@x"), roster.find("m@x"));
}

TEST(Roster, KeepsOneRequestAContact) {
  Roster roster;
  roster.add("a@x").pending_in = true;
  roster.set_request("a@x", "first");
  roster.set_request("a@x", "second");
  EXPECT_EQ(roster.request("a@x"), "second");
  EXPECT_EQ(roster.request_count(), 1u);
  roster.remove("a@x");
  EXPECT_EQ(roster.request("a@x"), "");
  EXPECT_EQ(roster.request_count(), 0u);
}

// XEP-0191 §5, and §4: never between one's own resources.
TEST(User, BlocksByResourceAccountAndDomain) {
  struct Row {
    base::Bytes rule;
    base::Bytes other;
    bool blocked;
  };
  const Row rows[] = {
      {"a@x/r", "a@x/r", true},  {"a@x/r", "a@x/s", false}, {"a@x/r", "a@x", false},
      {"a@x", "a@x", true},      {"a@x", "a@x/r", true},    {"a@x", "b@x", false},
      {"x/r", "x/r", true},      {"x/r", "a@x/r", false},   {"x/r", "x", false},
      {"x", "x", true},          {"x", "a@x", true},        {"x", "a@x/r", true},
      {"x", "x/r", true},        {"x", "a@sub.x", false},   {"x", "me@x/other", false},
      {"me@x", "me@x/r", false},
  };
  for (const Row& row : rows) {
    User user("me@x", 1);
    user.blocked.emplace_back(row.rule);
    EXPECT_EQ(user.blocks(jid::JidView::trusted(row.other)), row.blocked)
        << row.rule << " " << row.other;
  }
}

}  // namespace
}  // namespace im
