#include "engine/tls/session.h"

#include "engine/base/digest.h"
#include "engine/trace/counters.h"
#include "tests/engine/tls/pipe.h"

namespace {

using engine::TlsStatus;
using trace::Counter;
using namespace tls_test;

class Session : public testing::Test {
 protected:
  Pipe connect(const engine::TlsClientOptions& client = {}, size_t chunk = SIZE_MAX,
               base::Bytes name = "im.example.com") {
    auto with = make_client(client);
    return Pipe(make_server_session(*context), make_client_session(*with, name), chunk);
  }

  Folder folder;
  engine::TlsCertificateFiles files = make_files(folder, "a", {"im.example.com"});
  std::shared_ptr<const engine::TlsContext> context = make_context({{files}});
};

const engine::TlsClientOptions kTls12{.ca_file = {}, .alpn = {}, .version_max = 0x0303};

TEST_F(Session, HandshakeAndTalkCutAtEveryChunkSize) {
  for (const uint16_t version : {0x0303, 0x0304}) {
    for (size_t chunk = 1; chunk <= 700; chunk += chunk < 64 ? 1 : 37) {
      engine::TlsClientOptions options;
      options.version_max = version;
      Pipe pipe = connect(options, chunk);
      ASSERT_TRUE(pipe.shake_hands()) << chunk;
      EXPECT_EQ(pipe.server_session->facts().version, version);
      EXPECT_EQ(pipe.client_session->facts().version, version);
      ASSERT_TRUE(pipe.says(pipe.client, pipe.server, "<stream:stream>")) << chunk;
      ASSERT_TRUE(pipe.says(pipe.server, pipe.client, "<stream:features/>")) << chunk;
    }
  }
}

TEST_F(Session, FactsSayWhatWasNegotiated) {
  Pipe pipe = connect();
  EXPECT_EQ(pipe.server_session->facts().version, 0);
  ASSERT_TRUE(pipe.shake_hands());
  const engine::TlsFacts facts = pipe.server_session->facts();
  EXPECT_EQ(facts.server_name, "im.example.com");
  EXPECT_EQ(facts.cipher.substr(0, 4), "TLS_");
  EXPECT_FALSE(facts.resumed);
}

TEST_F(Session, ExporterIsTheSameAtBothSidesAndNewEachTime) {
  std::string before;
  for (const uint16_t version : {0x0303, 0x0304}) {
    engine::TlsClientOptions options;
    options.version_max = version;
    Pipe pipe = connect(options);
    ASSERT_TRUE(pipe.shake_hands());
    const std::string exporter(pipe.server_session->facts().exporter);
    EXPECT_EQ(exporter.size(), 32u);
    EXPECT_EQ(exporter, pipe.client_session->facts().exporter);
    EXPECT_NE(exporter, before);
    EXPECT_FALSE(pipe.server_session->facts().unique.empty());
    EXPECT_EQ(pipe.server_session->facts().unique, pipe.client_session->facts().unique);
    EXPECT_NE(pipe.server_session->facts().unique, exporter);
    before = exporter;
  }
}

TEST_F(Session, EndPointHashIsThatOfTheCertificateSent) {
  Pipe pipe = connect();
  ASSERT_TRUE(pipe.shake_hands());
  const auto expected = base::hash(base::HashKind::sha256, pipe.client_session->peer_certificate());
  EXPECT_EQ(pipe.server_session->facts().server_end_point, expected.view());
}

TEST_F(Session, ClientWithOldVersionsOnlyIsRefused) {
  const uint64_t failed = trace::total(Counter::tls_handshakes_failed);
  engine::TlsClientOptions old;
  old.version_min = 0x0301;
  old.version_max = 0x0302;
  Pipe pipe = connect(old);
  EXPECT_FALSE(pipe.shake_hands());
  EXPECT_EQ(pipe.server.last, TlsStatus::failed);
  EXPECT_STREQ(pipe.server_session->failure(), "UNSUPPORTED_PROTOCOL");
  EXPECT_EQ(pipe.client.last, TlsStatus::failed);  // the alert reached it
  EXPECT_EQ(trace::total(Counter::tls_handshakes_failed), failed + 1);
}

TEST_F(Session, Tls12IsRefusedWhereOnly13IsAllowed) {
  context = make_context({.certificates = {files}, .tls13_only = true});
  Pipe old = connect(kTls12);
  EXPECT_FALSE(old.shake_hands());
  EXPECT_EQ(old.server.last, TlsStatus::failed);
  Pipe fresh = connect();
  EXPECT_TRUE(fresh.shake_hands());
}

TEST_F(Session, AlpnIsOursOrNone) {
  engine::TlsClientOptions ours;
  ours.alpn = {"h2", "xmpp-client"};
  Pipe accepted = connect(ours);
  ASSERT_TRUE(accepted.shake_hands());
  EXPECT_EQ(accepted.client_session->chosen_alpn(), "xmpp-client");

  Pipe silent = connect();
  ASSERT_TRUE(silent.shake_hands());
  EXPECT_EQ(silent.client_session->chosen_alpn(), "");

  engine::TlsClientOptions foreign;
  foreign.alpn = {"h2", "xmpp-clien", "xmpp-client2"};
  Pipe refused = connect(foreign);
  EXPECT_FALSE(refused.shake_hands());
  EXPECT_STREQ(refused.server_session->failure(), "NO_APPLICATION_PROTOCOL");
  EXPECT_STREQ(refused.client_session->failure(), "TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
}

TEST_F(Session, GarbageFailsWithAnAlertAndStaysFailed) {
  const std::string cases[] = {"GET / HTTP/1.1\r\n\r\n", "<?xml version='1.0'?><stream:stream>",
                               std::string(5, '\0'), std::string(64, '\xff'),
                               std::string("\x16\x03\x01\xff\xff", 5) + std::string(70000, 'x')};
  for (const std::string& garbage : cases) {
    Pipe pipe = connect();
    pipe.server.feed(garbage);
    EXPECT_EQ(pipe.server.last, TlsStatus::failed) << garbage.substr(0, 20);
    EXPECT_STRNE(pipe.server_session->failure(), "");
    pipe.server.feed("more");
    EXPECT_EQ(pipe.server.last, TlsStatus::failed);
    EXPECT_FALSE(pipe.server_session->seal("x", pipe.server.records));
  }
}

TEST_F(Session, AFlippedBitInAnyByteOfARecordFails) {
  for (size_t at = 0; at < 40; ++at) {
    Pipe pipe = connect();
    ASSERT_TRUE(pipe.shake_hands());
    ASSERT_TRUE(pipe.client_session->seal("hello hello hello", pipe.client.records));
    ASSERT_LT(at, pipe.client.records.size() + 1);
    if (at >= pipe.client.records.size()) break;
    const uint64_t failed = trace::total(Counter::tls_sessions_failed);
    pipe.client.records[at] = static_cast<char>(pipe.client.records[at] ^ 0x01);
    pipe.run();
    // A length that grew leaves the record incomplete until more arrives.
    for (int i = 0; i < 600 && pipe.server.last == TlsStatus::ok; ++i) pipe.server.feed("more");
    EXPECT_EQ(pipe.server.last, TlsStatus::failed) << at;
    EXPECT_EQ(pipe.server.plain, "");
    EXPECT_FALSE(pipe.server.records.empty() && pipe.client.last != TlsStatus::failed) << at;
    EXPECT_EQ(trace::total(Counter::tls_sessions_failed), failed + 1);
  }
}

TEST_F(Session, HandshakeBytesAreBounded) {
  context = make_context({.certificates = {files}, .handshake_bytes_max = 100});
  Pipe pipe = connect();
  EXPECT_FALSE(pipe.shake_hands());
  EXPECT_STREQ(pipe.server_session->failure(), "HANDSHAKE_BYTES_MAX");
}

TEST_F(Session, CloseNotifyIsToldApartFromData) {
  Pipe pipe = connect();
  ASSERT_TRUE(pipe.shake_hands());
  ASSERT_TRUE(pipe.client_session->seal("bye", pipe.client.records));
  pipe.client_session->close(pipe.client.records);
  EXPECT_FALSE(pipe.client_session->seal("after", pipe.client.records));
  pipe.run();
  EXPECT_EQ(pipe.server.plain, "bye");
  EXPECT_EQ(pipe.server.last, TlsStatus::closed);
  // The other direction is still open until we close it too (RFC 8446 §6.1)…
  pipe.server_session->close(pipe.server.records);
  EXPECT_FALSE(pipe.server.records.empty());
  pipe.run();
  EXPECT_EQ(pipe.client.last, TlsStatus::closed);
}

TEST_F(Session, EndInTheSegmentOfTheLastFlightIsReportedAfterEstablished) {
  Pipe pipe = connect();
  pipe.client.feed({});
  pipe.server.feed(std::exchange(pipe.client.records, {}));
  pipe.client.feed(std::exchange(pipe.server.records, {}));
  ASSERT_EQ(pipe.client.established, 1);
  ASSERT_TRUE(pipe.client_session->seal("early", pipe.client.records));
  pipe.client_session->close(pipe.client.records);
  pipe.server.feed(std::exchange(pipe.client.records, {}));
  EXPECT_EQ(pipe.server.last, TlsStatus::established);
  EXPECT_EQ(pipe.server.plain, "early");
  pipe.server.feed({});
  EXPECT_EQ(pipe.server.last, TlsStatus::closed);
}

TEST_F(Session, LargeTextIsSealedIntoRecordsOfAtMost16KiB) {
  for (const engine::TlsClientOptions& options : {engine::TlsClientOptions{}, kTls12}) {
    Pipe pipe = connect(options, 4096);
    ASSERT_TRUE(pipe.shake_hands());
    ASSERT_TRUE(pipe.says(pipe.server, pipe.client, "flushes the ticket"));
    std::string large(300000, '\0');
    for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31);
    ASSERT_TRUE(pipe.server_session->seal(large, pipe.server.records));
    size_t count = 0;
    for (size_t at = 0; at < pipe.server.records.size(); ++count) {
      const auto* head = reinterpret_cast<const uint8_t*>(pipe.server.records.data()) + at;
      const size_t length = head[3] * 256u + head[4];
      EXPECT_LE(length, 16384u + 256u);
      at += 5 + length;
    }
    EXPECT_EQ(count, (large.size() + 16383) / 16384);
    pipe.client.plain.clear();
    pipe.run();
    EXPECT_EQ(pipe.client.plain, large);
  }
}

TEST_F(Session, KeyUpdatesBothWaysKeepTheConversation) {
  Pipe pipe = connect();
  ASSERT_TRUE(pipe.shake_hands());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pipe.client_session->update_keys());
    ASSERT_TRUE(pipe.says(pipe.client, pipe.server, "new keys"));
    ASSERT_TRUE(pipe.says(pipe.server, pipe.client, "ours too"));
  }
}

TEST_F(Session, SealBeforeTheHandshakeIsRefused) {
  Pipe pipe = connect();
  EXPECT_FALSE(pipe.server_session->seal("x", pipe.server.records));
  EXPECT_TRUE(pipe.server.records.empty());
}

TEST_F(Session, SessionOutlivesItsContext) {
  Pipe pipe = connect();
  pipe.client.feed({});
  context.reset();
  pipe.run();
  ASSERT_EQ(pipe.server.established, 1);
  EXPECT_EQ(pipe.server_session->facts().server_end_point.size(), 32u);
  EXPECT_TRUE(pipe.says(pipe.client, pipe.server, "still here"));
}

}  // namespace
