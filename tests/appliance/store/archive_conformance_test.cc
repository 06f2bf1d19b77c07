// What every archive must answer, run against the one on SQLite and the one in memory.
#include "tests/appliance/store/archive_fixture.h"
#include "tests/support/memory_archive.h"

namespace {

using im::ArchiveQuery;
using im::StoreStatus;
using namespace archive_test;

class OnSqlite {
 public:
  OnSqlite() : archive_(open_archive(archive_at(folder_ / "archive.db"), answers_.deliver())) {
    archive_->start(&feed_);
  }
  void take(std::string record) { position_ = feed_.append(std::move(record)); }
  std::unique_ptr<im::StoreRequest> answer(std::unique_ptr<im::StoreRequest> request) {
    request->number = position_;
    archive_->ask(std::move(request));
    return answers_.next();
  }

 private:
  store_test::Folder folder_;
  store_test::Answers answers_;
  Feed feed_;
  uint64_t position_ = 0;
  std::unique_ptr<store::ArchiveStore> archive_;
};

class InMemory {
 public:
  void take(const std::string& record) { EXPECT_TRUE(archive_.take(record)); }
  std::unique_ptr<im::StoreRequest> answer(std::unique_ptr<im::StoreRequest> request) {
    archive_.answer(*request);
    return request;
  }

 private:
  tests::MemoryArchive archive_;
};

constexpr base::Bytes kAlice = "alice@example.com";

template <class Subject>
class Archive : public testing::Test {
 protected:
  // Message n is with bob/0, bob/1, carol/0, bob/0, …
  void fill(uint64_t messages) {
    static constexpr base::Bytes kWith[] = {"bob@x/0", "bob@x/1", "carol@x/0"};
    for (uint64_t n = 0; n < messages; ++n) {
      subject.take(record(kAlice, n, kWith[n % 3], std::to_string(n)));
    }
  }
  std::unique_ptr<im::StoreRequest> ask(const ArchiveQuery& wanted, base::Bytes user = kAlice) {
    auto asked = query(user);
    *asked->archive = wanted;
    if (wanted.max == 0) asked->archive->max = 100;
    return subject.answer(std::move(asked));
  }
  // The stanzas of the page, "!" behind them if there are more.
  std::string page(const ArchiveQuery& wanted, base::Bytes user = kAlice) {
    const auto answer = ask(wanted, user);
    if (answer->status == StoreStatus::not_found) return "not found";
    EXPECT_EQ(answer->status, StoreStatus::ok);
    std::string text;
    for (const im::ArchivedMessage& message : answer->archive->page) {
      text += (text.empty() ? "" : " ") + message.stanza;
    }
    return text + (answer->archive->complete ? "" : "!");
  }
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
TYPED_TEST_SUITE(Archive, Subjects, Names);

TYPED_TEST(Archive, WhoeverHasNothingIsToldSo) {
  EXPECT_EQ(this->page({}), "");
  EXPECT_EQ(this->page({.after = id_of(0)}), "not found");
  EXPECT_EQ(this->page({.before_id = id_of(0)}), "not found");
  EXPECT_EQ(this->page({.ids = {id_of(0)}}), "not found");
}

TYPED_TEST(Archive, MessagesComeInTheOrderTheyWereArchived) {
  this->subject.take(record(kAlice, 7, "bob@x", "first"));
  this->subject.take(record(kAlice, 3, "bob@x", "second"));
  const auto answer = this->ask({});
  ASSERT_EQ(answer->archive->page.size(), 2u);
  EXPECT_EQ(answer->archive->page[0].stanza, "first");
  EXPECT_EQ(answer->archive->page[0].id, id_of(7));
  EXPECT_EQ(answer->archive->page[0].when, time_of(7));
  EXPECT_EQ(answer->archive->page[1].stanza, "second");
  EXPECT_TRUE(answer->archive->complete && answer->archive->stable);
  EXPECT_EQ(answer->archive->count, 2u);
}

TYPED_TEST(Archive, OctetsAreKeptAsTheyAre) {
  const std::string octets("\0\x01<message/>\xff", 13);
  this->subject.take(record(kAlice, 0, "bob@x", octets));
  EXPECT_EQ(this->page({}), octets);
}

TYPED_TEST(Archive, TheSameMessageIsArchivedOnceForEachAccount) {
  for (int i = 0; i < 2; ++i) {
    this->subject.take(record(kAlice, 0, "bob@x", "m"));
    this->subject.take(record("bob@x", 0, kAlice, "m"));
  }
  EXPECT_EQ(this->page({}), "m");
  EXPECT_EQ(this->page({}, "bob@x"), "m");
}

TYPED_TEST(Archive, PagesGoForwardFromOneToTheNext) {
  this->fill(5);
  EXPECT_EQ(this->page({.max = 2}), "0 1!");
  EXPECT_EQ(this->page({.after = id_of(1), .max = 2}), "2 3!");
  EXPECT_EQ(this->page({.after = id_of(3), .max = 2}), "4");
  EXPECT_EQ(this->page({.after = id_of(4), .max = 2}), "");
  EXPECT_EQ(this->page({.max = 5}), "0 1 2 3 4");
}

TYPED_TEST(Archive, PagesGoBackwardInTheSameOrder) {
  this->fill(5);
  EXPECT_EQ(this->page({.backward = true, .max = 2}), "3 4!");
  EXPECT_EQ(this->page({.before = id_of(3), .backward = true, .max = 2}), "1 2!");
  EXPECT_EQ(this->page({.before = id_of(1), .backward = true, .max = 2}), "0");
  EXPECT_EQ(this->page({.before = id_of(0), .backward = true, .max = 2}), "");
}

TYPED_TEST(Archive, APageEndsWhereItsBytesDo) {
  for (uint64_t n = 0; n < 4; ++n) {
    this->subject.take(record(kAlice, n, "bob@x", "0123456789"));
  }
  EXPECT_EQ(this->ask({.bytes = 30})->archive->page.size(), 3u);
  EXPECT_EQ(this->ask({.bytes = 29})->archive->page.size(), 2u);
  EXPECT_EQ(this->ask({.bytes = 1})->archive->page.size(), 1u);  // one at least
  EXPECT_FALSE(this->ask({.bytes = 30})->archive->complete);
  EXPECT_TRUE(this->ask({.bytes = 40})->archive->complete);
}

TYPED_TEST(Archive, ABareAddressMeansEveryResourceAndAFullOneItself) {
  this->fill(6);
  EXPECT_EQ(this->page({.with = "bob@x"}), "0 1 3 4");
  EXPECT_EQ(this->page({.with = "bob@x/1"}), "1 4");
  EXPECT_EQ(this->page({.with = "carol@x"}), "2 5");
  EXPECT_EQ(this->page({.with = "bob@y"}), "");
  EXPECT_EQ(this->page({.with = "bob@x", .backward = true, .max = 2}), "3 4!");
  EXPECT_EQ(this->page({.with = "bob@x/0", .after = id_of(0), .max = 1}), "3");
}

TYPED_TEST(Archive, OnesOwnAddressMeansNotesToOneself) {
  this->fill(2);
  this->subject.take(record(kAlice, 2, "alice@example.com/r", "note"));
  EXPECT_EQ(this->page({.with = std::string(kAlice)}), "note");
}

TYPED_TEST(Archive, TimesAreInclusive) {
  this->fill(6);
  EXPECT_EQ(this->page({.start = time_of(2)}), "2 3 4 5");
  EXPECT_EQ(this->page({.end = time_of(2)}), "0 1 2");
  EXPECT_EQ(this->page({.start = time_of(2), .end = time_of(4)}), "2 3 4");
  EXPECT_EQ(this->page({.start = {time_of(2).us + 1}, .end = {time_of(4).us - 1}}), "3");
  EXPECT_EQ(this->page({.start = time_of(4), .end = time_of(2)}), "");
  EXPECT_EQ(this->page({.start = time_of(100)}), "");
  EXPECT_EQ(this->page({.end = {0}}), "");
  EXPECT_EQ(this->page({.with = "bob@x", .start = time_of(1), .max = 2}), "1 3!");
}

TYPED_TEST(Archive, AClockSetBackHidesNothingFromSearchesByTime) {
  const auto put = [&](uint64_t n, uint64_t at, const char* text) {
    std::string bytes;
    im::pack({.owner = kAlice, .id = id_of(n), .with = "b@x", .when = time_of(at), .stanza = text},
             bytes);
    this->subject.take(bytes);
  };
  put(1000, 1000, "before");
  put(1001, 10, "back");  // ids never go back
  put(1002, 11, "later");
  put(1003, 5000, "forward");
  EXPECT_EQ(this->page({.end = time_of(20)}), "back later");
  EXPECT_EQ(this->page({.start = time_of(11), .end = time_of(1000)}), "before later");
  EXPECT_EQ(this->page({.start = time_of(4000)}), "forward");
}

TYPED_TEST(Archive, IdsBoundTheWholeResult) {
  this->fill(6);
  EXPECT_EQ(this->page({.after_id = id_of(1)}), "2 3 4 5");
  EXPECT_EQ(this->page({.before_id = id_of(2)}), "0 1");
  EXPECT_EQ(this->page({.after_id = id_of(0), .before_id = id_of(5), .max = 2}), "1 2!");
  EXPECT_EQ(this->page({.after_id = id_of(0), .before_id = id_of(5), .backward = true, .max = 2}),
            "3 4!");
  EXPECT_EQ(this->ask({.after_id = id_of(0), .before_id = id_of(5), .max = 1})->archive->count, 4u);
  EXPECT_EQ(this->page({.after_id = id_of(4), .before_id = id_of(2)}), "");
  EXPECT_EQ(this->page({.after_id = id_of(6)}), "not found");
  EXPECT_EQ(this->page({.after_id = im::MessageId{id_of(1).number, 1}}), "not found");
}

TYPED_TEST(Archive, ChosenMessagesComeInOrderAndOnlyIfAllAreThere) {
  this->fill(6);
  EXPECT_EQ(this->page({.ids = {id_of(4), id_of(1), id_of(4)}}), "1 4");
  EXPECT_EQ(this->page({.ids = {id_of(4), id_of(6)}}), "not found");
  EXPECT_EQ(this->page({.with = "bob@x", .ids = {id_of(1), id_of(2), id_of(3)}}), "1 3");
  EXPECT_EQ(this->page({.ids = {id_of(1), id_of(2), id_of(3)}, .max = 2}), "1 2!");
  EXPECT_EQ(this->page({.ids = {id_of(1), id_of(2), id_of(3)}, .after = id_of(2), .max = 2}), "3");
  EXPECT_EQ(this->page({.ids = {id_of(1), id_of(2), id_of(3)}, .backward = true, .max = 2}),
            "2 3!");
}

TYPED_TEST(Archive, TheCountIsThatOfAllPages) {
  this->fill(7);
  EXPECT_EQ(this->ask({.after = id_of(2), .max = 2})->archive->count, 7u);
  EXPECT_EQ(this->ask({.with = "carol@x", .max = 1})->archive->count, 2u);
  auto none = query(kAlice);
  none->archive->max = 0;
  const auto answer = this->subject.answer(std::move(none));
  EXPECT_TRUE(answer->archive->page.empty());
  EXPECT_EQ(answer->archive->count, 7u);
  EXPECT_FALSE(answer->archive->complete);
}

TYPED_TEST(Archive, MetadataIsTheFirstAndTheLast) {
  const auto metadata = [&] {
    auto asked = query(kAlice);
    asked->kind = im::StoreKind::archive_metadata;
    return this->subject.answer(std::move(asked));
  };
  EXPECT_TRUE(metadata()->archive->page.empty());
  this->fill(3);
  const auto answer = metadata();
  EXPECT_EQ(answer->status, StoreStatus::ok);
  ASSERT_EQ(answer->archive->page.size(), 2u);
  EXPECT_EQ(answer->archive->page[0].id, id_of(0));
  EXPECT_EQ(answer->archive->page[1].id, id_of(2));
  EXPECT_EQ(answer->archive->page[1].when, time_of(2));
}

TYPED_TEST(Archive, ADeletedAccountLeavesNothingToItsSuccessor) {
  this->fill(3);
  this->subject.take(record("bob@x", 0, kAlice, "bob's"));
  this->subject.take(forget(kAlice));
  EXPECT_EQ(this->page({}), "");
  EXPECT_EQ(this->page({.after = id_of(1)}), "not found");
  this->subject.take(record(kAlice, 1, "bob@x", "again"));
  EXPECT_EQ(this->page({}), "again");
  EXPECT_EQ(this->page({}, "bob@x"), "bob's");
}

TYPED_TEST(Archive, QuotesAreJustText) {
  const base::Bytes evil = "o'brien\"; DROP TABLE messages; --@x";
  this->subject.take(record(evil, 0, evil, evil));
  EXPECT_EQ(this->page({.with = std::string(evil)}, evil), evil);
}

}  // namespace
