// What we say we support is what is compiled in, and each of it has a scenario.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "protocols/xmpp/feature.h"
#include "tests/conformance/tables.h"

namespace conformance {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(ROOT) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Conformance, ReadmeHasTheCurrentTable) {
  const std::string readme = read("README.md");
  const size_t begin = readme.find(kBegin);
  const size_t end = readme.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end)
      << "README.md wants the lines `" << kBegin << "` and `" << kEnd
      << "`; between them goes the output of: features_table readme";
  EXPECT_EQ(readme.substr(begin, end + sizeof kEnd - 1 - begin) + "\n", readme_table())
      << "renew it with: features_table readme";
}

TEST(Conformance, DoapIsCurrent) {
  EXPECT_EQ(read("protocols/xmpp/doap.xml"), doap())
      << "renew it with: features_table doap > protocols/xmpp/doap.xml";
}

TEST(Conformance, EveryExtensionHasAScenario) {
  for (const xmpp::Feature* feature : xmpp::all_features()) {
    if (feature->xep == 0) continue;
    char prefix[16];
    std::snprintf(prefix, sizeof prefix, "xep_%04u_", feature->xep);
    bool found = false;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(ROOT) + "/tests/scenario")) {
      found = found || entry.path().filename().string().rfind(prefix, 0) == 0;
    }
    EXPECT_TRUE(found) << feature->title << " has no tests/scenario/" << prefix << "*.txt";
  }
}

TEST(Conformance, RecordsAreInOrderAndSayEverything) {
  uint16_t last = 0;
  for (const xmpp::Feature* feature : xmpp::all_features()) {
    if (feature->xep == 0) continue;
    EXPECT_GT(feature->xep, last) << feature->title;
    last = feature->xep;
    EXPECT_FALSE(feature->title.empty()) << feature->xep;
    EXPECT_FALSE(feature->version.empty()) << feature->xep;
    EXPECT_TRUE(feature->status == xmpp::Status::complete || !feature->note.empty());
  }
}

}  // namespace
}  // namespace conformance
