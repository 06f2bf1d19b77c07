#include "engine/trace/watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/trace/counters.h"
#include "engine/trace/log.h"

namespace trace {
namespace {

std::string read(Watch& watch) {
  flush_log();
  std::string lines;
  watch.read(lines);
  return lines;
}

bool contains(const std::string& text, base::Bytes part) {
  return text.find(part) != std::string::npos;
}

TEST(Watch, SeesThatUsersRecordsAtEveryLevelAndNobodyElses) {
  set_level(Level::info);
  flush_log();
  const auto watch = Watch::open("romeo@example.org");
  ASSERT_NE(nullptr, watch);
  TRACE(sasl, info, "one", {"user", "romeo@example.org"});
  TRACE(router, trace, "two", {"to", "romeo@example.org/orchard"}, {"from", "juliet@example.org"});
  TRACE(sasl, info, "three", {"user", "juliet@example.org"});
  TRACE(sasl, info, "four", {"mechanism", "romeo@example.org"});
  const std::string lines = read(*watch);
  EXPECT_TRUE(contains(lines, "level=info component=sasl event=one user=romeo@example.org\n"));
  EXPECT_TRUE(contains(lines, "level=trace component=router event=two"));
  EXPECT_FALSE(contains(lines, "event=three"));
  EXPECT_FALSE(contains(lines, "event=four"));
  EXPECT_EQ("", read(*watch));
}

TEST(Watch, StanzasOfTheWatchedUserAreRecordedWholeOrCut) {
  const auto watch = Watch::open("romeo@example.org");
  stanza("romeo@example.org", true, "<message to='juliet@example.org'><body>a\nb</body></message>");
  stanza("juliet@example.org", false, "<presence/>");
  std::string lines = read(*watch);
  EXPECT_TRUE(contains(lines, "event=stanza user=romeo@example.org direction=in xml=\"<message"));
  EXPECT_TRUE(contains(lines, "a\\nb"));
  EXPECT_FALSE(contains(lines, "presence"));
  const uint64_t cut = total(Counter::trace_texts_truncated);
  stanza("romeo@example.org", false, "<message>" + std::string(50000, 'x') + "</message>");
  lines = read(*watch);
  EXPECT_TRUE(contains(lines, "direction=out"));
  EXPECT_LT(lines.size(), 20000u);
  EXPECT_EQ(cut + 1, total(Counter::trace_texts_truncated));
}

TEST(Watch, SecretsAreWithheldEvenIfACallerPassesThem) {
  const auto watch = Watch::open("romeo@example.org");
  for (const char* xml :
       {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AHJvbWVvAHNlY3JldA==</auth>",
        "<response xmlns='x'>AHJvbWVvAHNlY3JldA==</response>",
        "<iq><query><password>AHJvbWVvAHNlY3JldA==</password></query></iq>"}) {
    stanza("romeo@example.org", true, xml);
    const std::string lines = read(*watch);
    EXPECT_TRUE(contains(lines, "event=stanza")) << xml;
    EXPECT_FALSE(contains(lines, "AHJv")) << lines;
  }
}

TEST(Watch, CostsNothingOnceItIsClosed) {
  EXPECT_FALSE(g_watching.load());
  {
    const auto first = Watch::open("romeo@example.org");
    auto second = Watch::open("romeo@example.org");
    EXPECT_TRUE(watched("romeo@example.org"));
    second.reset();
    EXPECT_TRUE(g_watching.load());
    EXPECT_TRUE(watched("romeo@example.org"));
    EXPECT_EQ(1, total(Gauge::watchers));
  }
  EXPECT_FALSE(g_watching.load());
  EXPECT_FALSE(watched("romeo@example.org"));
  EXPECT_FALSE(on(Component::router, Level::trace));
}

TEST(Watch, TheNinthWatcherIsRefused) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (size_t i = 0; i < kWatchersMax; ++i) watches.push_back(Watch::open("romeo@example.org"));
  const uint64_t before = total(Counter::watch_refused);
  EXPECT_EQ(nullptr, Watch::open("romeo@example.org"));
  EXPECT_EQ(before + 1, total(Counter::watch_refused));
  watches.pop_back();
  EXPECT_NE(nullptr, Watch::open("romeo@example.org"));
}

TEST(Watch, ASlowReaderLosesLinesAndIsTold) {
  const auto watch = Watch::open("romeo@example.org");
  const std::string body(4000, 'x');
  for (int i = 0; i < 100; ++i) {
    stanza("romeo@example.org", true, body);
    flush_log();
  }
  std::string lines;
  EXPECT_GT(watch->read(lines), 0u);
  EXPECT_LE(lines.size(), kWatchQueueBytesMax);
  EXPECT_EQ('\n', lines.back());
  lines.clear();
  EXPECT_EQ(0u, watch->read(lines));
}

}  // namespace
}  // namespace trace
