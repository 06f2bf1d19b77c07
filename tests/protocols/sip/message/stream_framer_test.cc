#include "protocols/sip/message/stream_framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/trace/counters.h"

namespace sip {
namespace {

using Event = StreamFramer::Event;

std::string message_text(base::Bytes method, base::Bytes body) {
  std::string text(method);
  text += " sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example;branch=z9hG4bK1\r\n";
  text += "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 ";
  text.append(method).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

// What comes out, as text: methods with their bodies, "ping", and the fault.
std::string read_all(const std::vector<base::Bytes>& pieces, const Limits& limits = Limits()) {
  StreamFramer framer(limits);
  Message message;
  std::string out;
  for (const base::Bytes piece : pieces) {
    const std::string own(piece);  // gone after this piece
    base::Bytes in = own;
    while (true) {
      const Event event = framer.next(in, message);
      if (event == Event::nothing) {
        EXPECT_TRUE(in.empty());
        break;
      }
      if (event == Event::keep_alive) out += "ping ";
      if (event == Event::message) {
        out.append(message.method_name()).append("(").append(message.body()).append(") ");
      }
      if (event == Event::fault) {
        out += "fault " + std::to_string(status_of(framer.fault()));
        out += message.can_answer() ? " answered" : "";
        return out;
      }
    }
  }
  return out;
}

TEST(StreamFramer, MessagesCutAtEveryByteAreTheSame) {
  const std::string text = message_text("PUBLISH", "<presence/>") + "\r\n\r\n" +
                           message_text("OPTIONS", "") + "\r\n" +
                           message_text("MESSAGE", "line\r\n\r\nline") + "\r\n\r\n\r\n\r\n";
  const std::string expected =
      "PUBLISH(<presence/>) ping OPTIONS() MESSAGE(line\r\n\r\nline) ping ping ";
  ASSERT_EQ(read_all({text}), expected);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const base::Bytes all = text;
    ASSERT_EQ(read_all({all.substr(0, cut), all.substr(cut)}), expected) << cut;
  }
}

TEST(StreamFramer, MessagesInPiecesOfEverySizeAreTheSame) {
  const std::string text = message_text("PUBLISH", std::string(300, 'x')) +
                           message_text("NOTIFY", "") + message_text("MESSAGE", "\r\n\r\n");
  const std::string expected = read_all({text});
  for (size_t size = 1; size < text.size(); ++size) {
    std::vector<base::Bytes> pieces;
    for (size_t at = 0; at < text.size(); at += size) {
      pieces.push_back(base::Bytes(text).substr(at, size));
    }
    ASSERT_EQ(read_all(pieces), expected) << size;
  }
}

TEST(StreamFramer, FaultsAreTheSameWhereverTheStreamIsCut) {
  const std::string good = message_text("OPTIONS", "");
  const auto with = [&good](base::Bytes what, base::Bytes instead) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), instead);
  };
  const std::pair<std::string, std::string> cases[] = {
      {with("Content-Length: 0\r\n", ""), "fault 400 answered"},
      {with("Content-Length: 0", "Content-Length: -1"), "fault 400 answered"},
      {with("Content-Length: 0", "Content-Length: 0\r\nl: 1"), "fault 400 answered"},
      {with("Content-Length: 0", "Content-Length: 999999"), "fault 413 answered"},
      {with("SIP/2.0\r\n", "SIP/3.0\r\n"), "fault 505 answered"},
      {with("OPTIONS sip", "OPTIONS  sip"), "fault 400 answered"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string stream = good + text + good;
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      const base::Bytes all = stream;
      ASSERT_EQ(read_all({all.substr(0, cut), all.substr(cut)}), "OPTIONS() " + expected)
          << text << cut;
    }
  }
}

TEST(StreamFramer, NothingComesAfterAFault) {
  StreamFramer framer{Limits()};
  Message message;
  base::Bytes in = "GET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(framer.next(in, message), Event::fault);
  const std::string good = message_text("OPTIONS", "");
  in = good;
  EXPECT_EQ(framer.next(in, message), Event::fault);
}

TEST(StreamFramer, HeadIsLimitedHoweverItIsCut) {
  Limits limits;
  limits.head_bytes = 300;
  const std::string text = "OPTIONS sip:a SIP/2.0\r\nA: " + std::string(1000, 'x') + "\r\n\r\n";
  for (size_t size : {1u, 7u, 299u, 300u, 301u, 2000u}) {
    std::vector<base::Bytes> pieces;
    for (size_t at = 0; at < text.size(); at += size) {
      pieces.push_back(base::Bytes(text).substr(at, size));
    }
    EXPECT_EQ(read_all(pieces, limits), "fault 513") << size;
  }
}

TEST(StreamFramer, BodyAsLargeAsAllowedPasses) {
  Limits limits;
  limits.body_bytes = 100;
  EXPECT_EQ(read_all({message_text("MESSAGE", std::string(101, 'x'))}, limits),
            "fault 413 answered");
  EXPECT_NE(read_all({message_text("MESSAGE", std::string(100, 'x'))}, limits).find("MESSAGE("),
            std::string::npos);
}

TEST(StreamFramer, PromisedBodyCostsNoMemoryAndIdleConnectionHoldsNone) {
  StreamFramer framer{Limits()};
  Message message;
  std::string text = message_text("MESSAGE", "");
  text.replace(text.find("Length: 0"), 9, "Length: 200000");
  base::Bytes in = text;
  EXPECT_EQ(framer.next(in, message), Event::nothing);
  EXPECT_TRUE(framer.in_message());
  EXPECT_LT(framer.held_bytes(), 2 * text.size());
  const std::string body(200000, 'x');
  in = body;
  EXPECT_EQ(framer.next(in, message), Event::message);
  EXPECT_EQ(message.body().size(), body.size());
  EXPECT_EQ(framer.next(in, message), Event::nothing);
  EXPECT_FALSE(framer.in_message());
  EXPECT_LT(framer.held_bytes(), 64u);
}

TEST(StreamFramer, KeepAlivesAreCountedAndCostNothing) {
  const uint64_t before = trace::total(trace::Counter::sip_keep_alives);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += "\r\n\r\n";
  StreamFramer framer{Limits()};
  Message message;
  base::Bytes in = pings;
  int count = 0;
  while (framer.next(in, message) == Event::keep_alive) ++count;
  EXPECT_EQ(count, 1000);
  EXPECT_EQ(trace::total(trace::Counter::sip_keep_alives), before + 1000);
  EXPECT_LT(framer.held_bytes(), 64u);
}

TEST(StreamFramer, LoneReturnBetweenMessagesIsAFault) {
  EXPECT_EQ(read_all({"\rOPTIONS sip:a SIP/2.0\r\n\r\n"}), "fault 400");
  EXPECT_EQ(read_all({"\r", "OPTIONS sip:a SIP/2.0\r\n\r\n"}), "fault 400");
  EXPECT_EQ(read_all({"\r\n\r", "x\r\n\r\n"}), "fault 400");
  EXPECT_EQ(read_all({"\n"}), "fault 400");
}

}  // namespace
}  // namespace sip
