#include "bench/load/process/result.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>

#include "bench/load/process/worker.h"
#include "bench/load/report/report.h"

namespace load {
namespace {

// As a run of one phase that went well would be.
class Results : public testing::Test {
 protected:
  Results() {
    run_.options = &options_;
    run_.phases.emplace_back();
    PhaseResult& phase = run_.phases[0];
    phase.phase = *parse_phase("messages");
    for (int i = 0; i < 1000; ++i) phase.report.units.record(250'000);
    phase.seconds = 2;
    phase.server = ServerUse{.cpu_seconds = 0.01, .softirq_seconds = 0.001, .busy = 0.5};
    phase.generator_busy = 0.5;
  }
  PhaseResult& phase() { return run_.phases[0]; }
  std::string pointer(const char* path) {
    const simdjson::padded_string text(json_of(run_));
    simdjson::dom::parser parser;
    const auto found = parser.parse(text).at_pointer(path);
    return found.error() != simdjson::SUCCESS ? "none" : simdjson::minify(found.value_unsafe());
  }

  Options options_;
  RunResult run_;
};

TEST_F(Results, FiguresAreWhatWasMeasured) {
  EXPECT_EQ(0, run_.exit_code());
  EXPECT_DOUBLE_EQ(500, phase().per_second());
  EXPECT_DOUBLE_EQ(10, phase().server_us_per_unit().value_or(0));
  EXPECT_EQ("1000", pointer("/phases/0/units"));
  EXPECT_EQ("\"messages\"", pointer("/phases/0/phase"));
  EXPECT_EQ("10", pointer("/phases/0/server/cpu_us_per_unit").substr(0, 2));
  EXPECT_EQ("250", pointer("/phases/0/latency_us/p99").substr(0, 3));
  EXPECT_EQ("null", pointer("/phases/0/refused"));
  EXPECT_EQ("true", pointer("/valid"));
}

TEST_F(Results, AFigureOfABusyGeneratorIsRefused) {
  phase().generator_busy = 0.9;
  EXPECT_EQ(3, run_.exit_code());
  EXPECT_EQ("\"generator busy\"", pointer("/phases/0/refused"));
  for (const char* path : {"/phases/0/units", "/phases/0/per_second", "/phases/0/latency_us",
                           "/phases/0/server/cpu_us_per_unit"}) {
    EXPECT_EQ("null", pointer(path)) << path;
  }
  EXPECT_NE(std::string::npos, table_of(run_).find("generator busy"));
  EXPECT_EQ(std::string::npos, table_of(run_).find("1000 messages"));
}

TEST_F(Results, OneMissingMessageFailsTheRun) {
  phase().report.errors.missing = 1;
  EXPECT_EQ(1, run_.exit_code());
  EXPECT_NE(std::string::npos, table_of(run_).find("FAILED: 1 missing"));
  EXPECT_EQ("false", pointer("/phases/0/valid"));
}

TEST_F(Results, WithoutAProcessToWatchThereIsNoCost) {
  phase().server.reset();
  EXPECT_EQ("null", pointer("/phases/0/server"));
  EXPECT_FALSE(phase().server_us_per_unit());
}

TEST_F(Results, TroubleWithQuotesIsStillJson) {
  run_.trouble = "\"it\\s\"\n\x01 gone \xC3\xA9";
  EXPECT_EQ("\"\\\"it\\\\s\\\"?? gone ??\"", pointer("/trouble"));
  EXPECT_EQ(1, run_.exit_code());
}

TEST_F(Results, ALabelCannotEndTheScriptOfThePage) {
  options_.label = "a</script><b>";
  EXPECT_EQ("\"a</script><b>\"", pointer("/label"));
  const std::string page = html_of(run_);
  EXPECT_EQ(std::string::npos, page.find("@RESULTS@"));
  EXPECT_EQ(std::string::npos, page.find("<b>"));
  EXPECT_NE(std::string::npos, page.find("rollcall-load-1"));
}

TEST(Slices, CoverEverybodyOnceAndKeepCliquesAndPairsTogether) {
  for (const uint32_t contacts : {0U, 1U, 20U, 99U, 100U}) {
    for (const uint32_t workers : {1U, 2U, 3U, 7U}) {
      Options options;
      options.users = 5050;
      options.contacts = contacts;
      options.workers = workers;
      uint32_t next = 0;
      for (uint32_t k = 0; k < workers; ++k) {
        const Slice slice = slice_of(options, k);
        EXPECT_EQ(next, slice.first);
        EXPECT_EQ(0u, slice.first % (contacts + 1));
        EXPECT_EQ(0u, slice.first % 2);
        next += slice.count;
      }
      EXPECT_EQ(5050u, next);
    }
  }
}

}  // namespace
}  // namespace load
