#include "protocols/sip/message/message.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/trace/counters.h"

namespace sip {
namespace {

const std::string kPublish =
    "PUBLISH sip:alice@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/TCP cucm.example.com:5060;branch=z9hG4bK1f2\r\n"
    "From: <sip:alice@example.com>;tag=4711\r\n"
    "To: <sip:alice@example.com>\r\n"
    "CALL-ID: 93a1b2@cucm.example.com\r\n"
    "CSeq: 101 PUBLISH\r\n"
    "Max-Forwards: 70\r\n"
    "o: presence\r\n"
    "X-Cisco-Odd:  two  words \t\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "<p/>";

// An exact-fit heap block: a sanitizer sees every byte read behind it.
struct Exact {
  explicit Exact(base::Bytes text) : size(text.size()), block(new char[text.size()]) {
    text.copy(block.get(), size);
  }
  base::Bytes view() const { return {block.get(), size}; }
  size_t size;
  std::unique_ptr<char[]> block;
};

Fault fault_of(base::Bytes text) {
  const Exact exact(text);
  Message message;
  EXPECT_FALSE(message.index_datagram(exact.view())) << text;
  return message.fault();
}

std::string replaced(std::string text, base::Bytes what, base::Bytes with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(Message, RequestIsIndexed) {
  const Exact exact(kPublish);
  Message message;
  ASSERT_TRUE(message.index_datagram(exact.view()));
  EXPECT_TRUE(message.is_request());
  EXPECT_EQ(message.method(), Method::publish);
  EXPECT_EQ(message.method_name(), "PUBLISH");
  EXPECT_EQ(message.request_uri(), "sip:alice@example.com");
  EXPECT_EQ(message.fields().size(), 9u);
  EXPECT_EQ(message.value(HeaderId::call_id), "93a1b2@cucm.example.com");
  EXPECT_EQ(message.value(HeaderId::event), "presence");
  EXPECT_EQ(message.value(HeaderId::cseq), "101 PUBLISH");
  EXPECT_EQ(message.body(), "<p/>");
  EXPECT_EQ(message.total_bytes(), kPublish.size());
  EXPECT_TRUE(message.has(HeaderId::via));
  EXPECT_FALSE(message.has(HeaderId::route));
  EXPECT_EQ(message.find(HeaderId::route), nullptr);
  EXPECT_EQ(message.value(HeaderId::route), "");
  EXPECT_EQ(message.repeated(), 0u);
  EXPECT_TRUE(message.can_answer());
}

TEST(Message, FieldWithoutNumberIsFoundByNameAndTrimmed) {
  Message message;
  ASSERT_TRUE(message.index_datagram(kPublish));
  const HeaderField* field = message.find("x-cisco-ODD");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(message.value(*field), "two  words");
  EXPECT_EQ(message.name(*field), "X-Cisco-Odd");
  EXPECT_EQ(message.find("x-cisco"), nullptr);
}

TEST(Message, ResponseIsIndexed) {
  Message message;
  ASSERT_TRUE(message.index_datagram("SIP/2.0 489 Bad Event\r\nVia: SIP/2.0/UDP a\r\n\r\n"));
  EXPECT_FALSE(message.is_request());
  EXPECT_EQ(message.status(), 489);
  EXPECT_EQ(message.reason(), "Bad Event");
  EXPECT_FALSE(message.can_answer());
}

TEST(Message, ReasonPhraseMayBeEmptyOrMissing) {
  Message message;
  ASSERT_TRUE(message.index_datagram("SIP/2.0 100 \r\nVia: x\r\n\r\n"));
  EXPECT_EQ(message.reason(), "");
  ASSERT_TRUE(message.index_datagram("SIP/2.0 100\r\nVia: x\r\n\r\n"));
  EXPECT_EQ(message.reason(), "");
}

TEST(Message, IsIncompleteAtEveryCutAndNeverReadsBehind) {
  const size_t head = kPublish.find("\r\n\r\n") + 4;
  for (size_t size = 0; size < kPublish.size(); ++size) {
    const Exact exact(base::Bytes(kPublish).substr(0, size));
    Message message;
    ASSERT_EQ(message.index_stream(exact.view(), Limits()), Message::Found::incomplete) << size;
    ASSERT_EQ(message.total_bytes(), size < head ? 0 : kPublish.size()) << size;
    Message datagram;
    ASSERT_FALSE(datagram.index_datagram(exact.view())) << size;
    ASSERT_EQ(datagram.fault(), size < head ? Fault::head_incomplete : Fault::body_incomplete);
  }
}

TEST(Message, LinesOfEveryLengthAreFound) {
  for (size_t length = 0; length < 700; ++length) {
    const std::string text =
        "SIP/2.0 200 OK\r\nA: " + std::string(length, 'x') + "\r\nVia: v\r\nTo: t\r\n\r\n";
    const Exact exact(text);
    Message message;
    ASSERT_TRUE(message.index_datagram(exact.view())) << length;
    ASSERT_EQ(message.value(*message.find("A")).size(), length);
    ASSERT_EQ(message.value(HeaderId::via), "v");
    ASSERT_EQ(message.value(HeaderId::to), "t");
  }
}

TEST(Message, FoldsAreFlaggedAndKept) {
  const std::string text =
      "OPTIONS sip:a SIP/2.0\r\nSubject:\r\n one\r\n\t two \r\nTo: x\r\n ;tag=1\r\nVia: v\r\n\r\n";
  Message message;
  ASSERT_TRUE(message.index_datagram(text));
  const HeaderField* subject = message.find(HeaderId::subject);
  ASSERT_NE(subject, nullptr);
  EXPECT_TRUE(subject->folded);
  EXPECT_EQ(message.value(*subject), "one\r\n\t two");
  std::string plain;
  unfold(message.value(*subject), plain);
  EXPECT_EQ(plain, "one two");
  EXPECT_FALSE(message.find(HeaderId::via)->folded);
}

TEST(Message, WhiteSpaceMayStandBeforeTheColon) {
  Message message;
  ASSERT_TRUE(message.index_datagram("OPTIONS sip:a SIP/2.0\r\nTO \t:  x\r\ns:\r\n\r\n"));
  EXPECT_EQ(message.value(HeaderId::to), "x");
  EXPECT_TRUE(message.has(HeaderId::subject));
  EXPECT_EQ(message.value(HeaderId::subject), "");
}

TEST(Message, RepeatedFieldsAreChainedInOrder) {
  Message message;
  ASSERT_TRUE(
      message.index_datagram("OPTIONS sip:a SIP/2.0\r\nVia: 1\r\nTo: t\r\nv: 2\r\nvia: 3\r\n\r\n"));
  std::string all;
  for (const HeaderField* via = message.find(HeaderId::via); via != nullptr;
       via = message.next(*via)) {
    all.append(message.value(*via));
  }
  EXPECT_EQ(all, "123");
  EXPECT_EQ(message.repeated(), bit_of(HeaderId::via));
}

TEST(Message, NothingOfTheLastMessageStays) {
  Message message;
  ASSERT_TRUE(message.index_datagram(kPublish));
  ASSERT_TRUE(message.index_datagram("SIP/2.0 200 OK\r\nVia: v\r\n\r\n"));
  EXPECT_FALSE(message.has(HeaderId::to));
  EXPECT_EQ(message.fields().size(), 1u);
  EXPECT_EQ(message.body(), "");
  EXPECT_EQ(message.method_name(), "");
}

TEST(Message, MalformedStartLinesAreRefused) {
  const std::string rest = "\r\nVia: v\r\n\r\n";
  EXPECT_EQ(fault_of("OPTIONS  sip:a SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS sip:a  SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS sip:a SIP/2.0 " + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS sip:a; lr SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS sip:a" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS" + rest), Fault::start_line);
  EXPECT_EQ(fault_of(" OPTIONS sip:a SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPT(IONS sip:a SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS sip:a SIP/2.0\r\n folded" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("\r\nOPTIONS sip:a SIP/2.0" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("OPTIONS <sip:a> SIP/2.0" + rest), Fault::request_uri);
  EXPECT_EQ(fault_of("OPTIONS sip:a SIP/7.0" + rest), Fault::version);
  EXPECT_EQ(fault_of("OPTIONS sip:a HTTP/1.1" + rest), Fault::start_line);
  EXPECT_EQ(fault_of("SIP/3.0 200 OK" + rest), Fault::version);
  EXPECT_EQ(fault_of("SIP/2.0 99 OK" + rest), Fault::status_code);
  EXPECT_EQ(fault_of("SIP/2.0 099 OK" + rest), Fault::status_code);
  EXPECT_EQ(fault_of("SIP/2.0 700 OK" + rest), Fault::status_code);
  EXPECT_EQ(fault_of("SIP/2.0 4294967301 OK" + rest), Fault::status_code);
  EXPECT_EQ(fault_of("SIP/2.0 2x0 OK" + rest), Fault::status_code);
  EXPECT_EQ(fault_of("SIP/2.0" + rest), Fault::start_line);
}

TEST(Message, LinesEndWithCrlfAlone) {
  EXPECT_EQ(fault_of(replaced(kPublish, "SIP/2.0\r\n", "SIP/2.0\n")), Fault::line_end);
  EXPECT_EQ(fault_of(replaced(kPublish, "presence\r\n", "presence\n")), Fault::line_end);
  EXPECT_EQ(fault_of(replaced(kPublish, "presence\r\n", "pre\rsence\r\n")), Fault::line_end);
  EXPECT_EQ(fault_of(replaced(kPublish, "presence\r\n", "presence\r\r\n")), Fault::line_end);
  EXPECT_EQ(fault_of("\n"), Fault::line_end);
}

TEST(Message, MalformedNamesAreRefusedAndStillAnswered) {
  for (const char* line : {"No colon\r\n", ": value\r\n", "Two words: x\r\n", "N\x01me: x\r\n",
                           "Nam\xc3\xa9: x\r\n"}) {
    const std::string text = replaced(kPublish, "o: presence\r\n", line);
    Message message;
    EXPECT_FALSE(message.index_datagram(text)) << line;
    EXPECT_EQ(message.fault(), Fault::header_name) << line;
    EXPECT_TRUE(message.can_answer());
    EXPECT_EQ(message.value(HeaderId::cseq), "101 PUBLISH");
  }
}

TEST(Message, ContentLengthIsDigitsAndAgrees) {
  const auto with = [](base::Bytes lines) {
    return replaced(kPublish, "Content-Length: 4\r\n", lines);
  };
  EXPECT_EQ(fault_of(with("Content-Length: -4\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length: +4\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length: 4 4\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length:\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length: 0x4\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length: 18446744073709551620\r\n")), Fault::content_length);
  EXPECT_EQ(fault_of(with("Content-Length: 4\r\nl: 3\r\n")), Fault::content_length_differs);
  EXPECT_EQ(fault_of(with("Content-Length: 5\r\n")), Fault::body_incomplete);
  Message message;
  const std::string twice = with("Content-Length: 4\r\nl: 0004\r\n");
  EXPECT_TRUE(message.index_datagram(twice));
  EXPECT_EQ(message.body(), "<p/>");
}

TEST(Message, DatagramsBodyIsCutAtItsLengthOrAllThereIs) {
  Message message;
  const std::string longer = kPublish + "noise";
  ASSERT_TRUE(message.index_datagram(longer));
  EXPECT_EQ(message.body(), "<p/>");
  EXPECT_EQ(message.total_bytes(), kPublish.size());
  const std::string without = replaced(kPublish, "Content-Length: 4\r\n", "") + "more";
  ASSERT_TRUE(message.index_datagram(without));
  EXPECT_EQ(message.body(), "<p/>more");
}

TEST(Message, StreamNeedsItsLength) {
  Message message;
  const std::string without = replaced(kPublish, "Content-Length: 4\r\n", "");
  EXPECT_EQ(message.index_stream(without, Limits()), Message::Found::fault);
  EXPECT_EQ(message.fault(), Fault::content_length_missing);
  EXPECT_TRUE(message.can_answer());
}

TEST(Message, LimitsAreKeptAndCounted) {
  const uint64_t headers = trace::total(trace::Counter::sip_header_limit_hit);
  std::string text = "OPTIONS sip:a SIP/2.0\r\n";
  for (uint32_t i = 0; i < kHeaderFieldsMax; ++i) text += "A: b\r\n";
  Message message;
  EXPECT_TRUE(message.index_datagram(text + "\r\n"));
  EXPECT_EQ(fault_of(text + "A: b\r\n\r\n"), Fault::too_many_headers);
  EXPECT_EQ(trace::total(trace::Counter::sip_header_limit_hit), headers + 1);

  const uint64_t heads = trace::total(trace::Counter::sip_head_limit_hit);
  const std::string line = "OPTIONS sip:a SIP/2.0\r\nA: ";
  const std::string most(kHeadBytesMax - line.size() - 4, 'x');
  EXPECT_TRUE(message.index_datagram(line + most + "\r\n\r\n"));
  EXPECT_EQ(fault_of(line + most + "x\r\n\r\n"), Fault::head_too_large);
  EXPECT_EQ(trace::total(trace::Counter::sip_head_limit_hit), heads + 1);

  const uint64_t bodies = trace::total(trace::Counter::sip_body_limit_hit);
  Limits limits;
  limits.body_bytes = 3;
  EXPECT_EQ(message.index_stream(kPublish, limits), Message::Found::fault);
  EXPECT_EQ(message.fault(), Fault::body_too_large);
  EXPECT_EQ(trace::total(trace::Counter::sip_body_limit_hit), bodies + 1);
}

TEST(Message, WhatCannotBeAnsweredIsKnown) {
  const auto answerable = [](const std::string& text) {
    Message message;
    (void)message.index_datagram(text);
    return message.can_answer();
  };
  EXPECT_TRUE(answerable(kPublish));
  // RFC 4475 §3.3.1, §3.3.8: what a response would repeat may be missing, or there twice.
  EXPECT_TRUE(answerable(replaced(kPublish, "CSeq: 101 PUBLISH\r\n", "")));
  EXPECT_TRUE(answerable(replaced(kPublish, "Max-Forwards: 70", "t: <sip:again@example.com>")));
  EXPECT_TRUE(answerable(kPublish.substr(0, kPublish.find("\r\n\r\n"))));
  EXPECT_FALSE(answerable(replaced(kPublish, "Via: ", "X: ")));
  EXPECT_FALSE(answerable(replaced(kPublish, "PUBLISH sip", "ACK sip")));
  EXPECT_FALSE(answerable("GET / HTTP/1.1\r\nVia: x"));
}

TEST(Message, EveryByteMayBeAnythingWithoutHarm) {
  for (size_t at = 0; at < kPublish.size(); ++at) {
    for (const char c : {'\0', '\r', '\n', ':', ' ', '\xff', '"'}) {
      std::string text = kPublish;
      text[at] = c;
      const Exact exact(text);
      Message message;
      (void)message.index_datagram(exact.view());
      for (const HeaderField& field : message.fields()) {
        ASSERT_LE(size_t{field.value} + field.value_size, text.size());
        ASSERT_LE(size_t{field.name} + field.name_size, field.value);
      }
    }
  }
}

}  // namespace
}  // namespace sip
