#include "appliance/backup/container.h"

#include <clocale>

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

// A domain's certificate has the domain's name; the command runs in the "C" locale.
TEST_F(Containers, NamesOfAnyAlphabetAreKeptInAnyLocale) {
  const std::string name = "configuration/certificates/b\u00fccher.\u4f8b\u5b50.crt";
  const std::string long_name = "data/" + std::string(150, 'l') + "\u00fc";
  ASSERT_STREQ(std::setlocale(LC_ALL, nullptr), "C");
  for (const auto& [writing, reading] :
       {std::pair("C", "C"), {"C", "C.UTF-8"}, {"C.UTF-8", "C.UTF-8"}, {"C.UTF-8", "C"}}) {
    ASSERT_NE(std::setlocale(LC_ALL, writing), nullptr);
    const auto entries = write({{name, "content"}, {"data/plain", "x"}, {long_name, "y"}});
    ASSERT_NE(std::setlocale(LC_ALL, reading), nullptr);
    Contents contents;
    const auto read = read_container(file, contents, always);
    std::setlocale(LC_ALL, "C");
    ASSERT_TRUE(static_cast<bool>(read)) << writing << reading << ": " << read.error().what;
    EXPECT_EQ(contents.entries, entries) << writing << reading;
  }
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
  for (const Names& names :
       std::vector<Names>{{"/etc/passwd"},
                          {"../up"},
                          {"data/../../up"},
                          {"data/./x"},
                          {"a", "a"},
                          {std::string(256, 'n')},
                          {"data/" + std::string(256, 'n')},
                          {std::string(300, 'n') + "/" + std::string(300, 'n')}}) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const std::string& name : names) entries.emplace_back(name, "x");
    write(entries);
    Contents contents;
    EXPECT_FALSE(static_cast<bool>(read_container(file, contents, always))) << names.back();
  }
}

// A header of POSIX tar (ustar), as no writer of ours makes it.
std::string tar_entry(const std::string& name, char type) {
  std::string header(512, '\0');
  const auto put = [&](size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  put(0, name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, "00000000000");
  put(136, "00000000000");
  put(148, "        ");
  put(156, std::string(1, type));
  put(157, type == '0' ? "" : "/etc/passwd");
  put(257, std::string("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const char octet : header) sum += static_cast<uint8_t>(octet);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  put(148, std::string(text, 7) + " ");
  return header;
}

TEST_F(Containers, LinksDirectoriesAndDevicesAreRefused) {
  constexpr const char* kTypes = "0123456";  // a file, hard link, symbolic link, devices, directory
  for (const char* type = kTypes; *type != '\0'; ++type) {
    write_whole(file, tar_entry("data/secret", *type) + std::string(1024, '\0'));
    Contents contents;
    const auto read = read_container(file, contents, always);
    EXPECT_EQ(static_cast<bool>(read), *type == '0') << *type;
    EXPECT_EQ(contents.found.size(), *type == '0' ? 1u : 0u) << *type;
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
