#include "bench/load/client/frame.h"

#include <gtest/gtest.h>

#include "bench/load/client/tick.h"

namespace load {
namespace {

TEST(Template, StanzasHaveTheLengthThatWasAskedFor) {
  const Options options;
  for (const size_t bytes : {150, 300, 1000}) {
    for (const uint32_t user : {0, 7, 123456}) {
      EXPECT_EQ(bytes, message_template(options, true, user, bytes).text.size());
      EXPECT_EQ(bytes, presence_template(options, user, bytes).text.size());
    }
  }
}

TEST(Template, StanzasAreWhatTheySayAndHaveRoomForATick) {
  const Options options;
  Template message = message_template(options, false, 42, 300);
  write_tick(message.text.data() + message.tick_at, 0x1234);
  EXPECT_TRUE(message.text.starts_with(
      "<message to='u42@localhost' type='chat' id='load'><body>~00001234 About"));
  EXPECT_TRUE(message.text.ends_with("</body></message>"));
  EXPECT_NE(std::string::npos, message_template(options, true, 42, 300).text.find("/load'"));
  EXPECT_TRUE(presence_template(options, 1, 300).text.ends_with("</status></presence>"));
}

Options raw() {
  Options options;
  options.raw = true;
  options.contacts = 20;
  return options;
}

TEST(Frame, TemplatesAreReadAsWhatTheyAre) {
  FrameHeader frame;
  const Template message = message_template(raw(), false, 42, 300);
  ASSERT_EQ(FrameStatus::complete, read_frame(message.text, frame));
  EXPECT_EQ('M', frame.kind);
  EXPECT_EQ(300u, frame.length);
  EXPECT_EQ(42u, frame.number);
  EXPECT_EQ(kFrameHeaderBytes, message.tick_at);

  const Template presence = presence_template(raw(), 43, 300);
  ASSERT_EQ(FrameStatus::complete, read_frame(presence.text, frame));
  EXPECT_EQ('F', frame.kind);
  EXPECT_EQ(42u, frame.number);  // where the clique begins
  EXPECT_EQ(21u, frame.count);
  EXPECT_EQ(300u, frame.length);

  const std::string hello = hello_frame(0xABCDEF);
  ASSERT_EQ(FrameStatus::complete, read_frame(hello, frame));
  EXPECT_EQ('H', frame.kind);
  EXPECT_EQ(0xABCDEFu, frame.number);
  EXPECT_EQ(hello.size(), frame.length);
}

TEST(Frame, EveryBeginningOfOneIsIncomplete) {
  const std::string whole = presence_template(raw(), 43, 150).text;
  FrameHeader frame;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(FrameStatus::incomplete, read_frame(whole.substr(0, length), frame)) << length;
  }
  EXPECT_EQ(FrameStatus::complete, read_frame(whole + "M", frame));
}

TEST(Frame, NonsenseIsMalformed) {
  FrameHeader frame;
  EXPECT_EQ(FrameStatus::malformed, read_frame("X001600000001~00000000", frame));
  EXPECT_EQ(FrameStatus::malformed, read_frame("M00g600000001~00000000", frame));
  EXPECT_EQ(FrameStatus::malformed, read_frame("M001600000 01~00000000", frame));
  EXPECT_EQ(FrameStatus::malformed, read_frame("M000c00000001", frame));  // shorter than itself
  EXPECT_EQ(FrameStatus::malformed, read_frame("F000d000000010001", frame));
}

}  // namespace
}  // namespace load
