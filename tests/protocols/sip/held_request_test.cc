#include "protocols/sip/held_request.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(HeldRequest, IsWhatItWasWhenItsBytesAreGone) {
  std::string bytes =
      "PUBLISH sip:alice@xmpp.example SIP/2.0\r\nVia: SIP/2.0/UDP pc;branch=z9hG4bK1\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:alice@xmpp.example>\r\nCall-ID: c\r\nCSeq: 7 PUBLISH\r\n"
      "Content-Length: 4\r\n\r\nbodyand what follows";
  Message message;
  Essentials essentials;
  Fault fault = Fault::none;
  ASSERT_TRUE(message.index_datagram(bytes));
  ASSERT_TRUE(read_essentials(message, essentials, fault));
  Flow source;
  source.listener = 9;
  std::string account = "alice@xmpp.example";
  const HeldRequest held(Received{message, essentials, {{}, 3}, source, account});
  bytes.assign(bytes.size(), 'x');
  account.assign(account.size(), 'x');
  int calls = 0;
  held.use([&](const Received& request) {
    ++calls;
    EXPECT_EQ(request.message.body(), "body");
    EXPECT_EQ(request.essentials.cseq.number, 7u);
    EXPECT_EQ(request.back.shard, 3);
    EXPECT_EQ(request.source.listener, 9);
    EXPECT_EQ(request.account, "alice@xmpp.example");
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace sip
