#include "appliance/backup/container.h"

#include "appliance/backup/seal.h"
#include "tests/appliance/backup/fixture.h"

namespace backup {

using Names = std::vector<std::string>;

struct Contents final : EntrySink {
  base::Status begin(const std::string& name, uint64_t) override {
    found.emplace_back(name, "");
    return base::Status::ok();
  }
  base::Status piece(base::Bytes bytes) override {
    found.back().second += bytes;
    return base::Status::ok();
  }
  base::Status end(const Entry& entry) override {
    entries.push_back(entry);
    return base::Status::ok();
  }
  std::vector<std::pair<std::string, std::string>> found;
  std::vector<Entry> entries;
};

class Containers : public BackupTest {
 protected:
  std::vector<Entry> write(const std::vector<std::pair<std::string, std::string>>& contents) {
    std::filesystem::remove(file);
    auto out = ContainerWriter::create(file, always);
    EXPECT_TRUE(static_cast<bool>(out)) << out.error().what;
    for (const auto& [name, content] : contents) {
      EXPECT_TRUE(static_cast<bool>((*out)->add(name, content)));
    }
    const auto size = (*out)->finish();
    EXPECT_TRUE(static_cast<bool>(size)) << size.error().what;
    EXPECT_EQ(*size, std::filesystem::file_size(file));
    return (*out)->entries();
  }
  bool sealed() const {
    const auto seal = check_seal(file, always);
    EXPECT_TRUE(static_cast<bool>(seal)) << seal.error().what;
    return seal->whole && seal->right;
  }
};

TEST_F(Containers, WhatWasWrittenIsReadWithItsChecksums) {
  std::string large;
  for (uint32_t i = 0; i < 1'000'000; ++i) large += static_cast<char>(i * i >> 7);
  const auto entries = write({{"a", "content"}, {"data/empty", ""}, {"data/large", large}});
  EXPECT_TRUE(sealed());
  Contents contents;
  const auto read = read_container(file, contents, always);
  ASSERT_TRUE(static_cast<bool>(read)) << read.error().what;
  ASSERT_EQ(contents.found.size(), 3u);
  EXPECT_EQ(contents.found[0], std::make_pair(std::string("a"), std::string("content")));
  EXPECT_EQ(contents.found[2].second, large);
  EXPECT_EQ(contents.entries, entries);
  EXPECT_EQ(entries[0].sha256, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
}

TEST_F(Containers, AFileThatOthersMayNotReadAndThatIsNotOverwritten) {
  write({{"a", "content"}});
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0600});
  EXPECT_FALSE(static_cast<bool>(ContainerWriter::create(file, always)));
}

TEST_F(Containers, AFlippedBitInAnyByteAndEveryCutBreaksTheSeal) {
  write({{"a", "content"}, {"b", std::string(2000, 'b')}});
  const std::string whole = read_whole(file);
  for (size_t place = 0; place < whole.size(); ++place) {
    std::string flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ (1 << place % 8));
    write_whole(file, flipped);
    ASSERT_FALSE(sealed()) << place;
  }
  for (size_t length = 0; length < whole.size(); ++length) {
    write_whole(file, whole.substr(0, length));
    ASSERT_FALSE(sealed()) << length;
  }
  write_whole(file, whole + "x");
  EXPECT_FALSE(sealed());
}

TEST_F(Containers, AnythingAtAllCanBeReadWithoutHarm) {
  write({{"a", "content"}, {"b", std::string(2000, 'b')}});
  const std::string whole = read_whole(file);
  for (size_t place = 0; place < whole.size(); ++place) {
    std::string flipped = whole;
    flipped[place] = static_cast<char>(~flipped[place]);
    write_whole(file, flipped);
    Contents contents;
    (void)read_container(file, contents, always);
    EXPECT_LE(contents.found.size(), 3u);
  }
}

TEST_F(Containers, NamesThatLeadElsewhereAndNamesThatComeTwiceAreRefused) {
  for (const Names& names : std::vector<Names>{{"/etc/passwd"},
                                               {"../up"},
                                               {"data/../../up"},
                                               {"data/./x"},
                                               {"a", "a"},
                                               {std::string(600, 'n')}}) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const std::string& name : names) entries.emplace_back(name, "x");
    write(entries);
    Contents contents;
    EXPECT_FALSE(static_cast<bool>(read_container(file, contents, always))) << names.back();
  }
}

TEST_F(Containers, AFullQuotaIsAnErrorInWords) {
  auto out = ContainerWriter::create("/dev/full", always);
  EXPECT_FALSE(static_cast<bool>(out)) << "it is there already";
  auto absent = ContainerWriter::create(folder + "/no/file", always);
  ASSERT_FALSE(static_cast<bool>(absent));
  EXPECT_NE(absent.error().what.find("No such file"), std::string::npos);
}

TEST_F(Containers, AFileThatShrinksWhileItIsPackedOrIsAbsentIsAnError) {
  auto out = ContainerWriter::create(file, always);
  EXPECT_FALSE(static_cast<bool>((*out)->add_file("a", folder + "/absent")));
}

TEST_F(Containers, TheSealIsAFrameThatDecompressorsSkip) {
  write({{"a", "content"}});
  const std::string whole = read_whole(file);
  const std::string seal = whole.substr(whole.size() - kSealBytes);
  EXPECT_EQ(seal.substr(0, 4), "\x5E\x2A\x4D\x18");
  EXPECT_EQ(static_cast<size_t>(seal[4]) + 8, kSealBytes);
}

}  // namespace backup
