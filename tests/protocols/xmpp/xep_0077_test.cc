#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

class Registration : public XepTest {
 protected:
  Registration() { options.registration = true; }
  std::string early(IqKind kind, const std::string& children) {
    return ask(in_band_registration.early_hooks, kind, To::host,
               "<query xmlns='jabber:iq:register'>" + children + "</query>");
  }
  std::string set(const std::string& children) {
    return ask(in_band_registration, IqKind::set, To::host,
               "<query xmlns='jabber:iq:register'>" + children + "</query>");
  }
};

TEST_F(Registration, IsOffUnlessTheOperatorWantsIt) {
  EXPECT_TRUE(in_band_registration.enabled(options));
  EXPECT_FALSE(in_band_registration.enabled(Options{}));
}

TEST_F(Registration, FormAsksForNameAndPassword) {
  EXPECT_EQ(early(IqKind::get, ""),
            "result <query xmlns='jabber:iq:register'><instructions>Choose a username and a "
            "password.</instructions><username/><password/></query>");
}

TEST_F(Registration, AccountIsCreatedUnderItsNormalName) {
  from.clear();
  EXPECT_EQ(early(IqKind::set, "<username>Juliet</username><password>R0m30</password>"), "later");
  auto question = take_question();
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->kind, im::StoreKind::create_account);
  EXPECT_EQ(question->user, "juliet@host");
  EXPECT_EQ(question->text, "R0m30");
}

TEST_F(Registration, MissingOrUnusableFieldsAreNotAcceptable) {
  EXPECT_EQ(early(IqKind::set, "<username>juliet</username>"), "error not-acceptable");
  EXPECT_EQ(early(IqKind::set, "<password>x</password>"), "error not-acceptable");
  EXPECT_EQ(early(IqKind::set, "<username/><password>x</password>"), "error not-acceptable");
  EXPECT_EQ(early(IqKind::set, "<username>a@b</username><password>x</password>"),
            "error not-acceptable");
  EXPECT_EQ(early(IqKind::set, "<username>a b</username><password>x</password>"),
            "error not-acceptable");
  EXPECT_EQ(take_question(), nullptr);
}

TEST_F(Registration, PasswordOfOnesOwnAccountCanBeChanged) {
  EXPECT_EQ(set("<username>romeo</username><password>new</password>"), "later");
  auto question = take_question();
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->kind, im::StoreKind::set_password);
  EXPECT_EQ(question->user, "romeo@host");
  EXPECT_EQ(settle(std::move(question), im::StoreStatus::ok),
            "<iq from='host' to='romeo@host/orchard' id='1' type='result'/>");
}

TEST_F(Registration, PasswordOfAnotherAccountCannot) {
  EXPECT_EQ(set("<username>juliet</username><password>new</password>"), "error not-allowed");
  EXPECT_EQ(set("<username>romeo</username>"), "error bad-request");
  from = "romeo@elsewhere/orchard";
  EXPECT_EQ(set("<username>romeo</username><password>new</password>"), "error not-allowed");
  EXPECT_EQ(take_question(), nullptr);
}

TEST_F(Registration, RemoveStandsAlone) {
  EXPECT_EQ(set("<remove/><username>romeo</username>"), "error bad-request");
  EXPECT_EQ(set("<username>romeo</username><remove/>"), "error bad-request");
  EXPECT_EQ(set("<remove/>"), "later");
  EXPECT_EQ(take_question()->kind, im::StoreKind::delete_account);
}

TEST_F(Registration, FailedRemovalLeavesTheSession) {
  EXPECT_EQ(set("<remove/>"), "later");
  EXPECT_NE(settle(take_question(), im::StoreStatus::failed).find("internal-server-error"),
            std::string::npos);
  EXPECT_NE(romeo.user, nullptr);
}

}  // namespace
}  // namespace xmpp::xep
