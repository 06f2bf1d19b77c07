// XEP-0280: who gets copies of what.
#include <gtest/gtest.h>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

struct Carbons : testing::Test {
  Carbons() : world(2) {
    for (const char* name : {"anna0@here", "bob1@here"}) world.account(name);
    a1 = join("anna0@here/1");
    a2 = join("anna0@here/2");
    a3 = join("anna0@here/3");
    a3->carbons = false;
    b1 = join("bob1@here/1");
    b2 = join("bob1@here/2");
    b1->available(5);
    for (Client* client : {a1, a2, a3, b1, b2}) client->take();
  }
  Client* join(const char* jid) {
    Client& client = world.join(jid);
    client.carbons = true;
    client.available();
    return &client;
  }
  World world;
  Client *a1, *a2, *a3, *b1, *b2;
};

TEST_F(Carbons, OtherResourcesOfBothSidesSeeTheMessage) {
  a1->message("bob1@here", "hi");
  const std::string message = "message chat from=anna0@here/1 to=bob1@here hi";
  EXPECT_TRUE(a1->take().empty());
  EXPECT_EQ(a2->take(), (Lines{"sent " + message}));
  EXPECT_TRUE(a3->take().empty());
  EXPECT_EQ(b1->take(), (Lines{message}));
  EXPECT_EQ(b2->take(), (Lines{"received " + message}));
  a1->message("bob1@here/2", "hi");
  const std::string direct = "message chat from=anna0@here/1 to=bob1@here/2 hi";
  EXPECT_EQ(a2->take(), (Lines{"sent " + direct}));
  EXPECT_EQ(b1->take(), (Lines{"received " + direct}));
  EXPECT_EQ(b2->take(), (Lines{direct}));
}

TEST_F(Carbons, EligibilityFollowsTheRules) {
  struct Row {
    const char* what;
    T type;
    im::Facts facts;
    bool copied;
  };
  const Row rows[] = {
      {"chat", T::chat, {}, true},
      {"normal with body", T::normal, {.body = true}, true},
      {"normal with receipt", T::normal, {.carbon_eligible = true}, true},
      {"normal with neither", T::normal, {}, false},
      {"groupchat", T::groupchat, {.body = true}, false},
      {"headline", T::headline, {.body = true}, false},
      {"error", T::error, {.body = true}, false},
      {"private", T::chat, {.body = true, .carbon_private = true}, false},
      {"no-copy", T::chat, {.body = true, .no_copy = true}, false},
      {"a copy itself", T::chat, {.body = true, .carbon_wrapped = true}, false},
  };
  for (const Row& row : rows) {
    a1->message("bob1@here/1", "x", row.type, row.facts);
    EXPECT_EQ(a2->take().size(), row.copied ? 1u : 0u) << row.what;
    EXPECT_EQ(b2->take().size(), row.copied ? 1u : 0u) << row.what;
    EXPECT_EQ(b1->take().size(), 1u) << row.what;
  }
}

// A session that ended gives it back, and it goes to another resource: the rest have their copies.
TEST_F(Carbons, OneThatIsRoutedAgainIsNotCopiedAgain) {
  for (const char* to : {"bob1@here", "bob1@here/1", "bob1@here/gone"}) {
    a1->message(to, "x", T::chat, {.body = true, .archived = true});
    EXPECT_EQ(b1->take().size(), 1u) << to;
    EXPECT_TRUE(b2->take().empty()) << to;
  }
}

TEST_F(Carbons, PrivateMessageOfARoomIsCopiedOnlyWhenSent) {
  a1->message("bob1@here/1", "x", T::chat, {.body = true, .muc_private = true});
  EXPECT_EQ(a2->take().size(), 1u);
  EXPECT_TRUE(b2->take().empty());
}

TEST_F(Carbons, MessageToOneselfIsNotSeenTwice) {
  a3->available(7);
  for (Client* client : {a1, a2, a3}) client->take();
  a1->message("anna0@here", "note");
  const std::string note = "message chat from=anna0@here/1 to=anna0@here note";
  EXPECT_TRUE(a1->take().empty());
  EXPECT_EQ(a2->take(), (Lines{"received " + note}));
  EXPECT_EQ(a3->take(), (Lines{note}));
}

TEST_F(Carbons, BlockedMessagesLeaveNoTrace) {
  b1->block({"anna0@here"});
  for (Client* client : {b1, b2}) client->take();
  a1->message("bob1@here", "x");
  EXPECT_TRUE(b1->take().empty());
  EXPECT_TRUE(b2->take().empty());
  b1->message("anna0@here", "x");
  EXPECT_EQ(b1->take().size(), 1u);  // the error
  EXPECT_TRUE(b2->take().empty());
}

}  // namespace
}  // namespace im_test
