#include "appliance/store/store.h"

#include <sys/stat.h>

#include <atomic>
#include <future>
#include <map>

#include "engine/trace/counters.h"
#include "tests/appliance/store/fixture.h"

namespace {

using im::StoreKind;
using im::StoreStatus;
using trace::Counter;
using namespace store_test;

constexpr base::Bytes kAlice = "alice@example.com";

class StoreTest : public testing::Test {
 protected:
  StoreStatus call(StoreKind kind, base::Bytes user, base::Bytes text = {}, uint64_t number = 0) {
    auto asked = request(kind, user, text, number);
    store->call(*asked);
    return asked->status;
  }
  void reopen(const store::StoreOptions& with) {
    store.reset();
    store = open(with, answers.deliver());
  }

  Folder folder;
  const std::string path = folder / "rollcall.db";
  Answers answers;
  std::unique_ptr<store::Store> store = open(options_at(path), answers.deliver());
};

// Delivers like Answers, but keeps the writer waiting at its first answer until told to go on, so
// that what is asked meanwhile gathers.
class Gate {
 public:
  store::Deliver deliver() {
    return [this, pass = answers.deliver()](engine::ShardId shard, engine::QuestionPtr question) {
      if (!passed_.exchange(true)) {
        reached_.set_value();
        opened_.get_future().wait();
      }
      pass(shard, std::move(question));
    };
  }
  void wait_until_reached() { reached_.get_future().wait(); }
  void open() { opened_.set_value(); }
  Answers answers;

 private:
  std::atomic<bool> passed_ = false;
  std::promise<void> reached_;
  std::promise<void> opened_;
};

TEST_F(StoreTest, AnswersGoToTheShardThatAsked) {
  for (const engine::ShardId shard : {3, 0, 7}) {
    auto asked = request(StoreKind::create_account, std::to_string(shard) + "@x", "password");
    asked->asked_by = shard;
    store->ask(std::move(asked));
    const auto answer = answers.next();
    EXPECT_EQ(answer->asked_by, shard);
    EXPECT_EQ(answer->status, StoreStatus::ok);
    EXPECT_TRUE(answer->credentials.sha256.stored_key.empty());
    EXPECT_TRUE(answer->text.empty());
  }
}

TEST_F(StoreTest, RequestsAboutAUserAreExecutedInOrder) {
  for (int round = 0; round < 20; ++round) {
    const StoreKind kinds[] = {StoreKind::create_account, StoreKind::save_vcard,
                               StoreKind::set_password,   StoreKind::append_offline,
                               StoreKind::load_account,   StoreKind::delete_account,
                               StoreKind::load_account,   StoreKind::create_account,
                               StoreKind::load_account,   StoreKind::delete_account};
    for (const StoreKind kind : kinds) store->ask(request(kind, kAlice, "password", 10));
    for (size_t i = 0; i < std::size(kinds); ++i) {
      const auto answer = answers.next();
      ASSERT_EQ(answer->kind, kinds[i]);
      EXPECT_EQ(answer->status, i == 6 ? StoreStatus::not_found : StoreStatus::ok) << i;
      EXPECT_EQ(answer->account.offline_count, i == 4 ? 1u : 0u);
    }
  }
}

TEST_F(StoreTest, EverythingThatGatheredIsCommittedTogether) {
  Gate gate;
  store.reset();
  store = open(options_at(path), gate.deliver());
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  store->ask(request(StoreKind::load_account, kAlice));
  gate.wait_until_reached();
  const uint64_t before = trace::total(Counter::store_commits);
  constexpr int kMany = 512;
  for (int i = 0; i < kMany; ++i) {
    store->ask(request(StoreKind::append_offline, kAlice, std::to_string(i), kMany));
  }
  gate.open();
  EXPECT_EQ(gate.answers.next()->kind, StoreKind::load_account);
  for (int i = 0; i < kMany; ++i) {
    const auto answer = gate.answers.next();
    EXPECT_EQ(answer->status, StoreStatus::ok);
    EXPECT_EQ(answer->text, std::to_string(i));
  }
  // Two batches of 256, unless the machine is so slow that the 5 ms end one early.
  EXPECT_LE(trace::total(Counter::store_commits) - before, kMany / 8);
  store.reset();
}

TEST_F(StoreTest, MoreThanTheQueueHoldsIsRefusedAtOnce) {
  Gate gate;
  store::StoreOptions small = options_at(path);
  small.queue_max = 4;
  store.reset();
  store = open(small, gate.deliver());
  store->ask(request(StoreKind::load_account, kAlice));
  gate.wait_until_reached();
  const uint64_t before = trace::total(Counter::store_overloads);
  for (int i = 0; i < 10; ++i) store->ask(request(StoreKind::load_account, kAlice));
  EXPECT_EQ(trace::total(Counter::store_overloads), before + 7);  // one inside, three more fit
  for (int i = 0; i < 7; ++i) EXPECT_EQ(gate.answers.next()->status, StoreStatus::failed);
  EXPECT_FALSE(store->counts());
  gate.open();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(gate.answers.next()->status, StoreStatus::not_found);
  store.reset();
}

TEST_F(StoreTest, MorePasswordsThanFitAreRefusedAndTheUserGoesOn) {
  store::StoreOptions small = options_at(path);
  small.password_queue_max = 1;
  small.iterations = 20000;
  reopen(small);
  const uint64_t before = trace::total(Counter::password_overloads);
  constexpr int kMany = 20;
  for (int i = 0; i < kMany; ++i) {
    store->ask(request(StoreKind::create_account, std::to_string(i) + "@x", "password"));
    store->ask(request(StoreKind::load_account, std::to_string(i) + "@x"));
  }
  std::map<std::string, std::vector<StoreStatus>> statuses;
  for (int i = 0; i < 2 * kMany; ++i) {
    const auto answer = answers.next();
    statuses[answer->user].push_back(answer->status);
  }
  uint64_t refused = 0;
  for (const auto& [user, both] : statuses) {
    ASSERT_EQ(both.size(), 2u);
    if (both[0] == StoreStatus::failed) ++refused;
    EXPECT_EQ(both[1], both[0] == StoreStatus::ok ? StoreStatus::ok : StoreStatus::not_found);
  }
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(trace::total(Counter::password_overloads), before + refused);
}

TEST_F(StoreTest, UnknownUsersCostTheSameDerivations) {
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  for (const base::Bytes user : {kAlice, base::Bytes("nobody@example.com")}) {
    const uint64_t before = trace::total(Counter::passwords_stretched);
    EXPECT_EQ(call(StoreKind::verify_password, user, "wrong"), StoreStatus::not_authorized);
    EXPECT_EQ(trace::total(Counter::passwords_stretched), before + 1);
  }
}

TEST_F(StoreTest, WhatIsAskedBeforeTheEndIsAnswered) {
  for (int i = 0; i < 50; ++i) {
    store->ask(request(StoreKind::create_account, std::to_string(i) + "@x", "password"));
    store->ask(request(StoreKind::verify_password, std::to_string(i) + "@x", "password"));
  }
  store.reset();
  ASSERT_EQ(answers.waiting(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers.next()->status, StoreStatus::ok);
  store = open(options_at(path));
  EXPECT_EQ((*store->counts()).users, 50u);
}

TEST_F(StoreTest, AdministrationSeesUsersInOrder) {
  for (const base::Bytes user : {"carol@x", "alice@x", "bob@x"}) {
    ASSERT_EQ(call(StoreKind::create_account, user, "password"), StoreStatus::ok);
  }
  EXPECT_TRUE(*store->exists("bob@x"));
  EXPECT_FALSE(*store->exists("mallory@x"));
  EXPECT_EQ(*store->users("", 2), (std::vector<std::string>{"alice@x", "bob@x"}));
  EXPECT_EQ(*store->users("bob@x", 2), (std::vector<std::string>{"carol@x"}));
  ASSERT_EQ(call(StoreKind::append_offline, "bob@x", "m", 10), StoreStatus::ok);
  const auto counts = store->counts();
  EXPECT_EQ((*counts).users, 3u);
  EXPECT_EQ((*counts).offline_messages, 1u);
  EXPECT_GT((*counts).bytes, 4096u);
}

TEST_F(StoreTest, DigestKeysAreThoseOfTheLastPasswordThatWasSetWhileDigestWasOn) {
  const auto keys = [this] {
    auto asked = request(StoreKind::load_credentials, kAlice);
    store->call(*asked);
    EXPECT_EQ(asked->status, StoreStatus::ok);
    return asked->credentials.digest;
  };
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "wonderland"), StoreStatus::ok);
  EXPECT_EQ(keys().sha256, "") << "digest is off";
  store::StoreOptions with = options_at(path);
  with.digest = true;
  reopen(with);
  EXPECT_EQ(keys().sha256, "") << "the password is not known any more";
  ASSERT_EQ(call(StoreKind::set_password, kAlice, "wonderland"), StoreStatus::ok);
  EXPECT_EQ(keys().sha256, "8a76b8adf2eb7492ff78f57bc361a5c93e2f53c6e93f7ee91f68b5382cfea14f");
  EXPECT_EQ(keys().md5, "");
  with.digest_md5 = true;
  reopen(with);
  ASSERT_EQ(call(StoreKind::set_password, kAlice, "wonderland"), StoreStatus::ok);
  EXPECT_EQ(keys().md5, "93dfce8dfebfae8af4a726982429d23a");
  reopen(options_at(path));
  ASSERT_EQ(call(StoreKind::set_password, kAlice, "rabbit hole"), StoreStatus::ok);
  EXPECT_EQ(keys().sha256 + keys().md5, "") << "the old ones are worth nothing";
}

TEST_F(StoreTest, PasswordsAreNeverInTheFiles) {
  const std::string first = "correct horse battery staple";
  const std::string second = "Tr0ub4dor and three";
  ASSERT_EQ(call(StoreKind::create_account, kAlice, first), StoreStatus::ok);
  ASSERT_EQ(call(StoreKind::set_password, kAlice, second), StoreStatus::ok);
  ASSERT_EQ(call(StoreKind::verify_password, kAlice, second), StoreStatus::ok);
  bool found_user = false;
  const auto search = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const std::string bytes = read_file(entry.path());
      EXPECT_EQ(bytes.find(first), std::string::npos) << entry.path();
      EXPECT_EQ(bytes.find(second), std::string::npos) << entry.path();
      found_user = found_user || bytes.find(kAlice) != std::string::npos;
    }
  };
  search();  // with the write-ahead log
  store.reset();
  search();                 // after it has gone into the database
  EXPECT_TRUE(found_user);  // the search does find what is there
}

TEST_F(StoreTest, FilesAreTheirOwnersAlone) {
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    struct stat facts {};
    ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << entry.path();
  }
}

TEST_F(StoreTest, RelaxedDurabilityAnswersTheSame) {
  store::StoreOptions relaxed = options_at(path);
  relaxed.durability = store::Durability::relaxed;
  reopen(relaxed);
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  reopen(options_at(path));
  EXPECT_EQ(call(StoreKind::verify_password, kAlice, "password"), StoreStatus::ok);
}

TEST_F(StoreTest, ASecondProcessIsTurnedAway) {
  const auto second = store::Store::open(options_at(path), {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().what.find("in use by another rollcalld"), std::string::npos);
}

TEST_F(StoreTest, AMissingFolderIsNamed) {
  const auto none = store::Store::open(options_at(folder / "absent/rollcall.db"), {});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("absent/rollcall.db"), std::string::npos);
}

TEST_F(StoreTest, AFullDatabaseFailsWhatDoesNotFitAndNothingElse) {
  store::StoreOptions small = options_at(path);
  small.pages_max = 64;  // 256 KiB
  Gate gate;
  store.reset();
  store = open(small, gate.deliver());
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  store->ask(request(StoreKind::load_account, kAlice));
  gate.wait_until_reached();
  // In one batch: small, too large, small, …
  const std::string large(400000, 'x');
  constexpr int kPairs = 10;
  for (int i = 0; i < kPairs; ++i) {
    store->ask(request(StoreKind::append_offline, kAlice, "small " + std::to_string(i), 1000));
    store->ask(request(StoreKind::append_offline, kAlice, large, 1000));
  }
  const uint64_t before = trace::total(Counter::store_failures);
  gate.open();
  (void)gate.answers.next();
  std::vector<std::string> answered_ok;
  for (int i = 0; i < 2 * kPairs; ++i) {
    const auto answer = gate.answers.next();
    EXPECT_EQ(answer->status, answer->text == large ? StoreStatus::failed : StoreStatus::ok);
    if (answer->status == StoreStatus::ok) answered_ok.push_back(answer->text);
  }
  EXPECT_EQ(trace::total(Counter::store_failures), before + kPairs);
  EXPECT_EQ(answered_ok.size(), static_cast<size_t>(kPairs));
  auto all = request(StoreKind::load_offline, kAlice);
  all->count = 1000;
  store->call(*all);
  std::vector<std::string> found;
  for (const im::StoredMessage& message : all->offline) found.push_back(message.stanza);
  EXPECT_EQ(found, answered_ok);
  // Room is made, and writing goes on.
  auto remove = request(StoreKind::delete_offline, kAlice);
  for (const im::StoredMessage& message : all->offline) remove->numbers.push_back(message.id);
  store->call(*remove);
  EXPECT_EQ(remove->status, StoreStatus::ok);
  EXPECT_EQ(call(StoreKind::append_offline, kAlice, "after", 10), StoreStatus::ok);
  store.reset();
}

TEST_F(StoreTest, FillingUpSlowlyEndsInFailedNotInACrash) {
  store::StoreOptions small = options_at(path);
  small.pages_max = 64;
  reopen(small);
  ASSERT_EQ(call(StoreKind::create_account, kAlice, "password"), StoreStatus::ok);
  uint64_t stored = 0;
  const std::string message(3000, 'm');
  while (stored < 1000 &&
         call(StoreKind::append_offline, kAlice, message, 1000) == StoreStatus::ok) {
    ++stored;
  }
  EXPECT_GT(stored, 10u);
  EXPECT_LT(stored, 1000u);
  reopen(options_at(path));
  EXPECT_EQ((*store->counts()).offline_messages, stored);
}

}  // namespace
