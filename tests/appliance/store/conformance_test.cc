// What every store must do, run against the one on SQLite and the one in memory.
#include "appliance/store/password.h"
#include "tests/appliance/store/fixture.h"
#include "tests/support/memory_store.h"

namespace {

using im::StoreKind;
using im::StoreStatus;
using namespace store_test;

class OnSqlite {
 public:
  void answer(im::StoreRequest& request) { store_->call(request); }

 private:
  Folder folder_;
  std::unique_ptr<store::Store> store_ = open(options_at(folder_ / "test.db"));
};

class InMemory {
 public:
  void answer(im::StoreRequest& request) { store_.answer(request); }

 private:
  tests::MemoryStore store_{kFewIterations};
};

template <class Subject>
class Conformance : public testing::Test {
 protected:
  Conformance() {
    EXPECT_EQ(status(StoreKind::create_account, kAlice, "wonderland"), StoreStatus::ok);
  }
  std::unique_ptr<im::StoreRequest> ask(StoreKind kind, base::Bytes user, base::Bytes text = {},
                                        uint64_t number = 0) {
    auto asked = request(kind, user, text, number);
    subject.answer(*asked);
    return asked;
  }
  StoreStatus remove(base::Bytes user, std::vector<uint64_t> messages) {
    auto asked = request(StoreKind::delete_offline, user);
    asked->numbers = std::move(messages);
    this->subject.answer(*asked);
    return asked->status;
  }
  StoreStatus status(StoreKind kind, base::Bytes user, base::Bytes text = {}, uint64_t number = 0) {
    return ask(kind, user, text, number)->status;
  }
  im::StoredAccount account() {
    auto asked = ask(StoreKind::load_account, kAlice);
    EXPECT_EQ(asked->status, StoreStatus::ok);
    return std::move(asked->account);
  }
  StoreStatus append(base::Bytes text, uint64_t limit = 100) {
    return status(StoreKind::append_offline, kAlice, text, limit);
  }
  std::vector<im::StoredMessage> load(uint64_t after, uint32_t count, uint32_t bytes = 0) {
    auto asked = request(StoreKind::load_offline, kAlice, {}, after);
    asked->count = count;
    asked->bytes = bytes;
    subject.answer(*asked);
    EXPECT_EQ(asked->status, StoreStatus::ok);
    return std::move(asked->offline);
  }

  static constexpr base::Bytes kAlice = "alice@example.com";
  static constexpr base::Bytes kNobody = "nobody@example.com";
  Subject subject;
};

using Subjects = testing::Types<OnSqlite, InMemory>;
class Names {
 public:
  template <class T>
  static std::string GetName(int) {
    return std::is_same_v<T, OnSqlite> ? "Sqlite" : "Memory";
  }
};
TYPED_TEST_SUITE(Conformance, Subjects, Names);

TYPED_TEST(Conformance, AnAccountIsCreatedOnce) {
  EXPECT_EQ(this->status(StoreKind::create_account, this->kAlice, "other"), StoreStatus::exists);
  EXPECT_EQ(this->status(StoreKind::verify_password, this->kAlice, "wonderland"), StoreStatus::ok);
}

TYPED_TEST(Conformance, CredentialsAreScramKeysOfThePassword) {
  auto asked = this->ask(StoreKind::load_credentials, this->kAlice);
  ASSERT_EQ(asked->status, StoreStatus::ok);
  for (const auto kind : {base::HashKind::sha1, base::HashKind::sha256}) {
    const im::ScramKeys& keys =
        kind == base::HashKind::sha1 ? asked->credentials.sha1 : asked->credentials.sha256;
    EXPECT_EQ(keys.iterations, kFewIterations);
    EXPECT_EQ(keys.salt.size(), 16u);
    const auto salted = base::pbkdf2(kind, "wonderland", keys.salt, keys.iterations);
    const auto client_key = base::hmac(kind, salted.view(), "Client Key");
    EXPECT_EQ(keys.stored_key, base::hash(kind, client_key.view()).view());
    EXPECT_EQ(keys.server_key, base::hmac(kind, salted.view(), "Server Key").view());
  }
  EXPECT_NE(asked->credentials.sha1.salt, asked->credentials.sha256.salt);
  EXPECT_EQ(this->status(StoreKind::load_credentials, this->kNobody), StoreStatus::not_found);
}

TYPED_TEST(Conformance, PasswordsAreVerifiedAndUnknownUsersLookLikeWrongOnes) {
  const auto verify = StoreKind::verify_password;
  EXPECT_EQ(this->status(verify, this->kAlice, "wonderland"), StoreStatus::ok);
  EXPECT_EQ(this->status(verify, this->kAlice, "Wonderland"), StoreStatus::not_authorized);
  EXPECT_EQ(this->status(verify, this->kAlice, ""), StoreStatus::not_authorized);
  EXPECT_EQ(this->status(verify, this->kNobody, "wonderland"), StoreStatus::not_authorized);
  EXPECT_TRUE(this->ask(verify, this->kAlice, "wonderland")->credentials.sha256.salt.empty());
}

TYPED_TEST(Conformance, PasswordsArePreparedBeforeTheyAreStretched) {
  // OpaqueString maps the ideographic space to U+0020 (RFC 8265 §4.2.2).
  EXPECT_EQ(this->status(StoreKind::set_password, this->kAlice, "a\u3000b"), StoreStatus::ok);
  EXPECT_EQ(this->status(StoreKind::verify_password, this->kAlice, "a b"), StoreStatus::ok);
}

TYPED_TEST(Conformance, PasswordsTheProfileForbidsAreRefused) {
  const std::string control("a\x01z", 3);
  for (const base::Bytes bad : {base::Bytes(""), base::Bytes(control), base::Bytes("\xff\xfe")}) {
    EXPECT_EQ(this->status(StoreKind::create_account, "carol@example.com", bad),
              StoreStatus::not_authorized);
    EXPECT_EQ(this->status(StoreKind::set_password, this->kAlice, bad),
              StoreStatus::not_authorized);
  }
  EXPECT_EQ(this->status(StoreKind::load_account, "carol@example.com"), StoreStatus::not_found);
  EXPECT_EQ(this->status(StoreKind::verify_password, this->kAlice, "wonderland"), StoreStatus::ok);
}

TYPED_TEST(Conformance, ANewPasswordReplacesTheOld) {
  EXPECT_EQ(this->status(StoreKind::set_password, this->kAlice, "looking-glass"), StoreStatus::ok);
  EXPECT_EQ(this->status(StoreKind::verify_password, this->kAlice, "wonderland"),
            StoreStatus::not_authorized);
  EXPECT_EQ(this->status(StoreKind::verify_password, this->kAlice, "looking-glass"),
            StoreStatus::ok);
  EXPECT_EQ(this->status(StoreKind::set_password, this->kNobody, "x"), StoreStatus::not_found);
}

TYPED_TEST(Conformance, EverythingAboutUnknownUsersIsNotFound) {
  for (const StoreKind kind :
       {StoreKind::delete_account, StoreKind::load_account, StoreKind::save_contacts,
        StoreKind::load_vcard, StoreKind::save_vcard, StoreKind::load_private,
        StoreKind::save_private, StoreKind::save_block_list, StoreKind::save_last_activity,
        StoreKind::append_offline, StoreKind::load_offline, StoreKind::delete_offline,
        StoreKind::save_archive_preferences}) {
    EXPECT_EQ(this->status(kind, this->kNobody, "text", 10), StoreStatus::not_found)
        << static_cast<int>(kind);
  }
}

TYPED_TEST(Conformance, AFreshAccountIsEmpty) {
  const im::StoredAccount account = this->account();
  EXPECT_TRUE(account.contacts.empty());
  EXPECT_TRUE(account.blocked.empty());
  EXPECT_EQ(account.roster_version, 0u);
  EXPECT_EQ(account.last_seen.us, 0);
  EXPECT_EQ(account.last_status, "");
  EXPECT_EQ(account.offline_count, 0u);
}

TYPED_TEST(Conformance, ContactsAreReplacedAndRemovedTogether) {
  auto save = request(StoreKind::save_contacts, this->kAlice, {}, 1);
  const std::string packed("na\0me", 5);  // packed texts are octets, not C strings
  save->contacts = {{"bob@x", packed, 3, ""}, {"carol@x", "", 16, std::string("<\0>", 3)}};
  this->subject.answer(*save);
  ASSERT_EQ(save->status, StoreStatus::ok);
  auto change = request(StoreKind::save_contacts, this->kAlice, {}, 7);
  change->contacts = {{"bob@x", "new", 255, "r"}, {"dave@x", "", 0, ""}};
  change->jids = {"carol@x", "never-there@x"};
  EXPECT_EQ(this->account().contacts[1].request, std::string("<\0>", 3));
  EXPECT_EQ(this->account().contacts[0].details, packed);
  this->subject.answer(*change);
  ASSERT_EQ(change->status, StoreStatus::ok);
  const im::StoredAccount account = this->account();
  ASSERT_EQ(account.contacts.size(), 2u);
  EXPECT_EQ(account.contacts[0].jid, "bob@x");
  EXPECT_EQ(account.contacts[0].details, "new");
  EXPECT_EQ(account.contacts[0].flags, 255);
  EXPECT_EQ(account.contacts[0].request, "r");
  EXPECT_EQ(account.contacts[1].jid, "dave@x");
  EXPECT_EQ(account.roster_version, 7u);
}

TYPED_TEST(Conformance, VcardsAreKeptAndEmptyOnesDeleted) {
  EXPECT_EQ(this->ask(StoreKind::load_vcard, this->kAlice, "junk")->text, "");
  EXPECT_EQ(this->status(StoreKind::save_vcard, this->kAlice, "<vCard/>"), StoreStatus::ok);
  EXPECT_EQ(this->ask(StoreKind::load_vcard, this->kAlice)->text, "<vCard/>");
  EXPECT_EQ(this->status(StoreKind::save_vcard, this->kAlice, ""), StoreStatus::ok);
  auto asked = this->ask(StoreKind::load_vcard, this->kAlice);
  EXPECT_EQ(asked->status, StoreStatus::ok);
  EXPECT_EQ(asked->text, "");
}

TYPED_TEST(Conformance, PrivateXmlIsKeptByNameWithinItsLimit) {
  const auto save = [&](base::Bytes key, base::Bytes text, uint64_t limit) {
    auto asked = request(StoreKind::save_private, this->kAlice, text, limit);
    asked->key = key;
    this->subject.answer(*asked);
    return asked->status;
  };
  const auto load = [&](base::Bytes key) {
    auto asked = request(StoreKind::load_private, this->kAlice, "junk");
    asked->key = key;
    this->subject.answer(*asked);
    EXPECT_EQ(asked->status, StoreStatus::ok);
    return asked->text;
  };
  EXPECT_EQ(load("a ns"), "");
  EXPECT_EQ(save("a ns", "1", 2), StoreStatus::ok);
  EXPECT_EQ(save("b ns", "2", 2), StoreStatus::ok);
  EXPECT_EQ(save("c ns", "3", 2), StoreStatus::full);
  EXPECT_EQ(save("a ns", "4", 2), StoreStatus::ok);  // not a new one
  EXPECT_EQ(load("a ns"), "4");
  EXPECT_EQ(load("c ns"), "");
  EXPECT_EQ(save("b ns", "", 2), StoreStatus::ok);  // empty makes room
  EXPECT_EQ(save("c ns", "3", 2), StoreStatus::ok);
}

TYPED_TEST(Conformance, BlockListIsReplacedAsAWhole) {
  for (const std::vector<std::string>& list :
       {std::vector<std::string>{"a@x", "b@x", "a@x"}, {"c@x"}, {}}) {
    auto asked = request(StoreKind::save_block_list, this->kAlice);
    asked->jids = list;
    this->subject.answer(*asked);
    ASSERT_EQ(asked->status, StoreStatus::ok);
    const std::vector<std::string> expected =
        list.size() == 3 ? std::vector<std::string>{"a@x", "b@x"} : list;
    EXPECT_EQ(this->account().blocked, expected);
  }
}

TYPED_TEST(Conformance, LastActivityIsReplaced) {
  for (const int64_t when : {int64_t{5}, int64_t{1700000000123456}}) {
    auto asked =
        request(StoreKind::save_last_activity, this->kAlice, "gone " + std::to_string(when));
    asked->wall = {when};
    this->subject.answer(*asked);
    EXPECT_EQ(this->account().last_seen.us, when);
    EXPECT_EQ(this->account().last_status, "gone " + std::to_string(when));
  }
}

TYPED_TEST(Conformance, ArchivePreferencesAreReplacedAsAWholeAndTakenBack) {
  EXPECT_FALSE(this->account().archive.has_value());
  const im::ArchivePreferences wishes[] = {
      {im::ArchiveDefault::roster, {"a@x", "b@x/r"}, {"c@x"}},
      {im::ArchiveDefault::never, {"c@x"}, {}},
      {im::ArchiveDefault::always, {}, {}},
  };
  for (const im::ArchivePreferences& wish : wishes) {
    auto save = request(StoreKind::save_archive_preferences, this->kAlice);
    save->account.archive = wish;
    this->subject.answer(*save);
    ASSERT_EQ(save->status, StoreStatus::ok);
    EXPECT_EQ(this->account().archive, wish);
  }
  EXPECT_EQ(this->status(StoreKind::save_archive_preferences, this->kAlice), StoreStatus::ok);
  EXPECT_FALSE(this->account().archive.has_value());
}

TYPED_TEST(Conformance, AMessageIsStoredOnceHoweverOftenItComes) {
  std::vector<uint64_t> known;  // to the store already
  const auto append = [&known, this](uint64_t message, uint64_t limit) {
    auto asked = request(StoreKind::append_offline, this->kAlice, std::to_string(message), limit);
    asked->message = message;
    asked->numbers = {99};
    this->subject.answer(*asked);
    known = asked->numbers;
    return asked->status;
  };
  constexpr uint64_t kHuge = uint64_t{1} << 63;
  EXPECT_EQ(append(7, 10), StoreStatus::ok);
  EXPECT_EQ(append(kHuge, 10), StoreStatus::ok);
  EXPECT_TRUE(known.empty());
  EXPECT_EQ(append(7, 10), StoreStatus::ok);
  EXPECT_EQ(known, std::vector<uint64_t>{this->load(0, 100)[0].id});
  EXPECT_EQ(append(kHuge, 2), StoreStatus::ok);  // it has its room
  EXPECT_EQ(append(8, 2), StoreStatus::full);
  EXPECT_EQ(append(0, 10), StoreStatus::ok);
  EXPECT_EQ(append(0, 10), StoreStatus::ok);
  const auto all = this->load(0, 100);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[1].stanza, std::to_string(kHuge));
  // What was deleted may come again.
  EXPECT_EQ(this->remove(this->kAlice, {all[0].id}), StoreStatus::ok);
  EXPECT_EQ(append(7, 10), StoreStatus::ok);
  EXPECT_EQ(this->load(0, 100).size(), 4u);
}

TYPED_TEST(Conformance, OfflineMessagesComeBackInOrderAsTheyWere) {
  const std::string octets("\0\x01<message/>\xff", 13);
  auto asked = request(StoreKind::append_offline, this->kAlice, octets, 100);
  asked->wall = {1234567};
  this->subject.answer(*asked);
  ASSERT_EQ(asked->status, StoreStatus::ok);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(this->append(std::to_string(i)), StoreStatus::ok);
  const auto all = this->load(0, 100);
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].stanza, octets);
  EXPECT_EQ(all[0].when.us, 1234567);
  for (size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(all[i].stanza, std::to_string(i - 1));
    EXPECT_GT(all[i].id, all[i - 1].id);
  }
  EXPECT_EQ(this->account().offline_count, 6u);
}

TYPED_TEST(Conformance, OfflineMessagesArePagedByCountAndBytes) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(this->append("0123456789"), StoreStatus::ok);
  const auto first = this->load(0, 2);
  ASSERT_EQ(first.size(), 2u);
  const auto rest = this->load(first[1].id, 100);
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(this->load(rest[2].id, 100).size(), 0u);
  EXPECT_EQ(this->load(0, 100, 1).size(), 1u);  // at least one
  EXPECT_EQ(this->load(0, 100, 10).size(), 1u);
  EXPECT_EQ(this->load(0, 100, 11).size(), 2u);
  EXPECT_EQ(this->load(0, 0).size(), 0u);
}

TYPED_TEST(Conformance, OfflineLimitIsExact) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(this->append("m", 3), StoreStatus::ok);
  EXPECT_EQ(this->append("m", 3), StoreStatus::full);
  EXPECT_EQ(this->append("m", 0), StoreStatus::full);
  EXPECT_EQ(this->account().offline_count, 3u);
}

TYPED_TEST(Conformance, DeletedMessagesGoAndTheirNumbersAreNotUsedAgain) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(this->append(std::to_string(i)), StoreStatus::ok);
  const auto all = this->load(0, 100);
  EXPECT_EQ(this->remove(this->kAlice, {all[0].id, all[2].id}), StoreStatus::ok);
  const auto left = this->load(0, 100);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].stanza, "1");
  EXPECT_EQ(this->remove(this->kAlice, {all[0].id, all[1].id}), StoreStatus::ok) << "one is gone";
  EXPECT_EQ(this->account().offline_count, 0u);
  ASSERT_EQ(this->append("new"), StoreStatus::ok);
  EXPECT_GT(this->load(0, 100)[0].id, all[2].id);
}

TYPED_TEST(Conformance, ADeletedAccountLeavesNothingToItsSuccessor) {
  auto save = request(StoreKind::save_contacts, this->kAlice, {}, 9);
  save->contacts = {{"bob@x", "", 3, ""}};
  this->subject.answer(*save);
  auto block = request(StoreKind::save_block_list, this->kAlice);
  block->jids = {"m@x"};
  this->subject.answer(*block);
  auto seen = request(StoreKind::save_last_activity, this->kAlice, "bye");
  seen->wall = {5};
  this->subject.answer(*seen);
  auto xml = request(StoreKind::save_private, this->kAlice, "secret", 5);
  xml->key = "k";
  this->subject.answer(*xml);
  ASSERT_EQ(this->append("m"), StoreStatus::ok);
  auto archive = request(StoreKind::save_archive_preferences, this->kAlice);
  archive->account.archive = {im::ArchiveDefault::never, {"a@x"}, {"b@x"}};
  this->subject.answer(*archive);
  ASSERT_EQ(this->status(StoreKind::save_vcard, this->kAlice, "<vCard/>"), StoreStatus::ok);

  EXPECT_EQ(this->status(StoreKind::delete_account, this->kAlice), StoreStatus::ok);
  EXPECT_EQ(this->status(StoreKind::load_account, this->kAlice), StoreStatus::not_found);
  ASSERT_EQ(this->status(StoreKind::create_account, this->kAlice, "again"), StoreStatus::ok);
  const im::StoredAccount account = this->account();
  EXPECT_TRUE(account.contacts.empty() && account.blocked.empty());
  EXPECT_EQ(account.roster_version, 0u);
  EXPECT_EQ(account.last_seen.us, 0);
  EXPECT_EQ(account.offline_count, 0u);
  EXPECT_FALSE(account.archive.has_value());
  EXPECT_EQ(this->ask(StoreKind::load_vcard, this->kAlice)->text, "");
  auto old = request(StoreKind::load_private, this->kAlice);
  old->key = "k";
  this->subject.answer(*old);
  EXPECT_EQ(old->text, "");
}

TYPED_TEST(Conformance, UsersDoNotSeeEachOthersData) {
  ASSERT_EQ(this->status(StoreKind::create_account, "bob@example.com", "b"), StoreStatus::ok);
  ASSERT_EQ(this->append("for alice"), StoreStatus::ok);
  ASSERT_EQ(this->remove("bob@example.com", {this->load(0, 1)[0].id}), StoreStatus::ok);
  EXPECT_EQ(this->account().offline_count, 1u);
  EXPECT_EQ(this->status(StoreKind::delete_account, "bob@example.com"), StoreStatus::ok);
  EXPECT_EQ(this->account().offline_count, 1u);
}

TYPED_TEST(Conformance, QuotesInEveryFieldAreJustText) {
  const base::Bytes evil = "o'brien\"; DROP TABLE users; --@x";
  ASSERT_EQ(this->status(StoreKind::create_account, evil, evil), StoreStatus::ok);
  EXPECT_EQ(this->status(StoreKind::verify_password, evil, evil), StoreStatus::ok);
  ASSERT_EQ(this->status(StoreKind::save_vcard, evil, evil), StoreStatus::ok);
  EXPECT_EQ(this->ask(StoreKind::load_vcard, evil)->text, evil);
  EXPECT_EQ(this->status(StoreKind::load_account, this->kAlice), StoreStatus::ok);
}

}  // namespace
