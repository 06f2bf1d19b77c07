#include "protocols/sip/refusals.h"

#include <gtest/gtest.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/trace/counters.h"
#include "engine/trace/log.h"

namespace sip {
namespace {

TEST(Refusals, AreAllCountedAndWrittenAsOftenAsSomebodyReads) {
  FILE* const file = tmpfile();
  ASSERT_NE(file, nullptr);
  ASSERT_TRUE(trace::start_log(fileno(file)));
  const uint64_t before = trace::total(trace::Counter::sip_strangers_refused);
  Refusals refusals;
  base::Instant now{base::Duration::seconds(1000).ns};
  const auto who = base::parse_address("192.0.2.1", 40000);
  for (int i = 0; i < 50; ++i) refusals.note(who, "CN=gate", "no", now);
  now = now + base::Duration::seconds(7);
  for (int i = 0; i < 5; ++i) refusals.note(who, "CN=gate", "no", now);
  now = now + base::Duration::seconds(6000);
  for (int i = 0; i < 20; ++i) refusals.note(who, "CN=gate", "no", now);
  EXPECT_EQ(trace::total(trace::Counter::sip_strangers_refused), before + 75);
  trace::stop_log();

  std::string log(65536, '\0');
  const ssize_t size = pread(fileno(file), log.data(), log.size(), 0);
  fclose(file);
  log.resize(static_cast<size_t>(size < 0 ? 0 : size));
  size_t lines = 0;
  for (size_t at = 0; (at = log.find("\"CN=gate\" why=no", at)) != std::string::npos; ++at) {
    ++lines;
  }
  EXPECT_EQ(lines, 10u + 1 + 10) << log;
  EXPECT_NE(log.find("address=192.0.2.1:40000 subject=\"CN=gate\" why=no not_written=0"),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("not_written=40"), std::string::npos);
  EXPECT_NE(log.find("not_written=4\n"), std::string::npos);
}

}  // namespace
}  // namespace sip
