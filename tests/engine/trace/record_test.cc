#include "engine/trace/record.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine/trace/logfmt.h"

namespace trace {
namespace {

std::string line_of(std::initializer_list<Field> fields, uint32_t text_max = kTextBytesMax) {
  RecordHeader header;
  header.size = encoded_size(fields, text_max);
  header.component = Component::sasl;
  header.level = Level::warn;
  header.time = {1031701267053000};
  header.event = "login refused";
  const std::unique_ptr<char[]> block(new char[header.size]);
  encode(header, fields, text_max, block.get());
  base::Sink out;
  append_line(block.get(), out);
  return out;
}

constexpr char kHead[] =
    "time=2002-09-10T23:41:07.053000Z level=warn component=sasl event=\"login refused\"";

TEST(Record, WithoutFieldsIsAWholeLine) { EXPECT_EQ(std::string(kHead) + "\n", line_of({})); }

TEST(Record, CarriesTextsAndNumbers) {
  EXPECT_EQ(std::string(kHead) + " user=romeo@example.org tries=3 code=-1 large=18 empty=\"\"\n",
            line_of({{"user", "romeo@example.org"},
                     {"tries", 3u},
                     {"code", -1},
                     {"large", uint64_t{18}},
                     {"empty", ""}}));
}

TEST(Record, LongTextsAreCutAndMarked) {
  EXPECT_EQ(std::string(kHead) + " a=\"1234\xE2\x80\xA6\" b=1234\n",
            line_of({{"a", "12345"}, {"b", "1234"}}, 4));
}

TEST(Record, SizesAreMultiplesOfEightForEveryLength) {
  const std::string text(40, 'x');
  for (size_t length = 0; length <= text.size(); ++length) {
    const base::Bytes part = base::Bytes(text).substr(0, length);
    EXPECT_EQ(0u, encoded_size({{"a", part}}, kTextBytesMax) % 8);
    EXPECT_NE(std::string::npos, line_of({{"a", part}, {"b", 7}}).find(" b=7\n"));
  }
}

}  // namespace
}  // namespace trace
