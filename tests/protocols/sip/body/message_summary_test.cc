#include "protocols/sip/body/message_summary.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/trace/counters.h"

namespace sip {
namespace {

TEST(MessageSummary, ExampleOfRfc3842) {
  const base::Bytes body =
      "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
      "Voice-Message: 4/8 (1/2)\r\nVideo-Message: 0/1\r\n\r\nTo: <alice@atlanta.example.com>\r\n";
  MessageSummary read;
  ASSERT_TRUE(read_message_summary(body, read));
  EXPECT_TRUE(read.waiting && read.has_voice);
  EXPECT_EQ(read.account, "sip:alice@vmail.example.com");
  EXPECT_EQ(read.voice.fresh, 4u);
  EXPECT_EQ(read.voice.old, 8u);
  EXPECT_EQ(read.voice.fresh_urgent, 1u);
  EXPECT_EQ(read.voice.old_urgent, 2u);
  std::string out;
  write_message_summary(read, out);
  EXPECT_EQ(out,
            "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
            "Voice-Message: 4/8 (1/2)\r\n");
  MessageSummary again;
  ASSERT_TRUE(read_message_summary(out, again));
  EXPECT_EQ(again.voice.old_urgent, 2u);
}

TEST(MessageSummary, LeanOnesAndLineEndsOfOthers) {
  MessageSummary read;
  ASSERT_TRUE(read_message_summary("messages-waiting :NO", read));
  EXPECT_FALSE(read.waiting || read.has_voice);
  EXPECT_EQ(read.account, "");
  ASSERT_TRUE(read_message_summary("Messages-Waiting: yes\nvoice-message:  1/0\n", read));
  EXPECT_EQ(read.voice.fresh, 1u);
  std::string out;
  write_message_summary({}, out);
  EXPECT_EQ(out, "Messages-Waiting: no\r\n");
}

TEST(MessageSummary, TextMessagesAreCountedApart) {
  MessageSummary summary;
  summary.waiting = summary.has_text = true;
  summary.text.fresh = 3;
  std::string out;
  write_message_summary(summary, out);
  EXPECT_EQ(out, "Messages-Waiting: yes\r\nText-Message: 3/0 (0/0)\r\n");
  MessageSummary read;
  ASSERT_TRUE(read_message_summary(out, read));
  EXPECT_TRUE(read.has_text && !read.has_voice);
  EXPECT_EQ(read.text.fresh, 3u);
  EXPECT_FALSE(read_message_summary("Messages-Waiting: yes\r\nText-Message: x\r\n", read));
}

TEST(MessageSummary, MalformedOnesAreRefusedAndCounted) {
  const uint64_t before = trace::total(trace::Counter::sip_message_summaries_malformed);
  const std::string bodies[] = {"",
                                "Voice-Message: 1/2",
                                "Messages-Waiting yes",
                                "Messages-Waiting: maybe",
                                "\r\nMessages-Waiting: yes",
                                "Messages-Waiting: yes\r\nnonsense\r\n",
                                "Messages-Waiting: yes\r\nVoice-Message: 1\r\n",
                                "Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n",
                                "Messages-Waiting: yes\r\nVoice-Message: 1/99999999999\r\n",
                                "Messages-Waiting: yes\r\nVoice-Message: 1/2 (3/4\r\n",
                                "Messages-Waiting: yes\r\nVoice-Message: 1/2 ()\r\n",
                                "Messages-Waiting: yes\r\nX: " + std::string(5000, 'x')};
  for (const std::string& body : bodies) {
    MessageSummary read;
    EXPECT_FALSE(read_message_summary(body, read)) << body.substr(0, 80);
  }
  EXPECT_EQ(trace::total(trace::Counter::sip_message_summaries_malformed),
            before + std::size(bodies));
}

}  // namespace
}  // namespace sip
