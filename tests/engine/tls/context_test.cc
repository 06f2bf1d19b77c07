#include "engine/tls/context.h"

#include <sys/stat.h>

#include <fstream>

#include "engine/tls/certificate.h"
#include "tests/engine/tls/pipe.h"

namespace {

using namespace tls_test;

class Context : public testing::Test {
 protected:
  // The certificate that the server sends to a client asking for `name`.
  std::string certificate_for(const engine::TlsContext& context, base::Bytes name) {
    Pipe pipe(make_server_session(context), make_client_session(*make_client(), name));
    EXPECT_TRUE(pipe.shake_hands()) << name;
    return pipe.client_session->peer_certificate();
  }
  // Connects, talks, and returns the ticket; `resumed` as the server sees it.
  std::string visit(const engine::TlsContext& context, base::Bytes ticket, bool& resumed,
                    uint16_t version = 0x0304, base::Bytes name = "a.example.com") {
    const auto client = make_client({.ca_file = {}, .alpn = {}, .version_max = version});
    Pipe pipe(make_server_session(context), make_client_session(*client, name, ticket));
    EXPECT_TRUE(pipe.shake_hands());
    EXPECT_TRUE(pipe.says(pipe.server, pipe.client, "welcome"));
    resumed = pipe.server_session->facts().resumed;
    EXPECT_EQ(resumed, pipe.client_session->facts().resumed);
    return pipe.client_session->ticket();
  }
  std::string why_not(const engine::TlsOptions& options, base::WallTime now = kNow) {
    const auto made =
        engine::TlsContext::make(options, std::make_shared<engine::TicketKeys>(), now);
    return made ? "" : made.error().what;
  }

  Folder folder;
  engine::TlsCertificateFiles a = make_files(folder, "a", {"a.example.com"});
  engine::TlsCertificateFiles b = make_files(folder, "b", {"b.example.com", "*.b.example.com"});
};

TEST_F(Context, CertificateIsChosenByServerName) {
  const auto context = make_context({.certificates = {a, b}});
  const std::string first = certificate_for(*context, "a.example.com");
  const std::string second = certificate_for(*context, "b.example.com");
  ASSERT_NE(first, second);
  EXPECT_EQ(certificate_for(*context, "B.Example.COM"), second);
  EXPECT_EQ(certificate_for(*context, "conference.b.example.com"), second);
  EXPECT_EQ(certificate_for(*context, "x.conference.b.example.com"), first);  // one label only
  EXPECT_EQ(certificate_for(*context, "unknown.example.com"), first);
  EXPECT_EQ(certificate_for(*context, ""), first);
}

TEST_F(Context, ConfiguredNamesReplaceThoseInTheCertificate) {
  b.names = {"Im.Example.Net"};
  const auto context = make_context({.certificates = {a, b}});
  EXPECT_EQ(certificate_for(*context, "b.example.com"), certificate_for(*context, ""));
  EXPECT_NE(certificate_for(*context, "im.example.net"), certificate_for(*context, ""));
  EXPECT_EQ(context->certificates()[1].names, (std::vector<std::string>{"im.example.net"}));
}

TEST_F(Context, AnExactNameBeatsAnEarlierWildcard) {
  a.names = {"*.b.example.com"};
  b.names = {"conference.b.example.com"};
  const auto context = make_context({.certificates = {a, b}});
  EXPECT_NE(certificate_for(*context, "conference.b.example.com"),
            certificate_for(*context, "other.b.example.com"));
}

TEST(NameCovers, AWildcardIsOneWholeLabel) {
  EXPECT_TRUE(engine::name_covers("*.example.com", "im.example.com"));
  EXPECT_FALSE(engine::name_covers("*.example.com", "example.com"));
  EXPECT_FALSE(engine::name_covers("*.example.com", ".example.com"));
  EXPECT_FALSE(engine::name_covers("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(engine::name_covers("*", "example"));
  EXPECT_FALSE(engine::name_covers("i*.example.com", "im.example.com"));
}

TEST_F(Context, TicketsResumeAcrossContextsThatShareKeys) {
  for (const uint16_t version : {0x0303, 0x0304}) {
    const auto keys = std::make_shared<engine::TicketKeys>();
    bool resumed = true;
    const std::string ticket =
        visit(*make_context({.certificates = {a}}, keys), "", resumed, version);
    EXPECT_FALSE(resumed);
    ASSERT_FALSE(ticket.empty());
    visit(*make_context({.certificates = {a}}, keys), ticket, resumed, version);  // a reload
    EXPECT_TRUE(resumed);
    visit(*make_context({.certificates = {a}}), ticket, resumed, version);  // other keys
    EXPECT_FALSE(resumed);
  }
}

TEST_F(Context, TicketsOutliveOneRotationAndNotTwo) {
  for (const uint16_t version : {0x0303, 0x0304}) {
    const auto keys = std::make_shared<engine::TicketKeys>();
    const auto context = make_context({.certificates = {a}}, keys);
    bool resumed = false;
    const std::string ticket = visit(*context, "", resumed, version);
    keys->rotate();
    visit(*context, ticket, resumed, version);
    EXPECT_TRUE(resumed);
    keys->rotate();
    visit(*context, ticket, resumed, version);
    EXPECT_FALSE(resumed);
  }
}

TEST_F(Context, TicketsAreWorthlessUnderAnotherCertificate) {
  // Both sides bind SASL to the certificate: a ticket must not outlive it (RFC 5929 §4).
  for (const uint16_t version : {0x0303, 0x0304}) {
    const auto keys = std::make_shared<engine::TicketKeys>();
    bool resumed = false;
    const std::string ticket =
        visit(*make_context({.certificates = {a}}, keys), "", resumed, version);
    b.names = {"a.example.com"};
    visit(*make_context({.certificates = {b}}, keys), ticket, resumed, version);
    EXPECT_FALSE(resumed);
  }
}

TEST_F(Context, ADamagedTicketMeansAFullHandshake) {
  const auto keys = std::make_shared<engine::TicketKeys>();
  const auto context = make_context({.certificates = {a}}, keys);
  bool resumed = true;
  const std::string ticket = visit(*context, "", resumed);
  for (size_t at = 0; at < ticket.size(); at += 7) {
    std::string damaged = ticket;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    const auto client = make_client();
    Pipe pipe(make_server_session(*context),
              make_client_session(*client, "a.example.com", damaged));
    pipe.shake_hands();  // whatever the client makes of it, we do not break
  }
  visit(*context, ticket, resumed);
  EXPECT_TRUE(resumed);
}

TEST_F(Context, ClientThatVerifiesAcceptsTheRightNameOnly) {
  const auto context = make_context({.certificates = {a}});
  const auto trusting = make_client({.ca_file = a.chain_file, .alpn = {}});
  // kNow is years ahead of the test machine's clock, which the client goes by.
  Pipe pipe(make_server_session(*context), make_client_session(*trusting, "a.example.com"));
  EXPECT_FALSE(pipe.shake_hands());
  EXPECT_STRNE(pipe.client_session->failure(), "");
}

TEST_F(Context, ExpiryIsKnownForMetrics) {
  const auto context = make_context({.certificates = {a, b}});
  const int64_t expected = kNow.seconds() + int64_t{engine::kSelfSignedDays} * 86400;
  EXPECT_EQ(context->first_expiry().seconds(), expected);
  EXPECT_EQ(context->certificates().size(), 2u);
  EXPECT_EQ(context->certificates()[1].expires.seconds(), expected);
}

TEST_F(Context, EveryMistakeInTheFilesHasItsOwnWords) {
  const auto with = [](const std::string& chain, const std::string& key) {
    return engine::TlsOptions{.certificates = {{chain, key, {}}}};
  };
  EXPECT_NE(why_not({}).find("no certificate is configured"), std::string::npos);
  EXPECT_NE(why_not(with(folder / "none", a.key_file)).find("cannot be read"), std::string::npos);
  EXPECT_NE(why_not(with(a.chain_file, folder / "none")).find("none: cannot be read"),
            std::string::npos);
  EXPECT_NE(why_not(with(a.key_file, a.key_file)).find("no certificate"), std::string::npos);
  EXPECT_NE(why_not(with(a.chain_file, a.chain_file)).find("no usable private key"),
            std::string::npos);
  EXPECT_NE(why_not(with(a.chain_file, b.key_file)).find("does not belong"), std::string::npos);
  const base::WallTime late{kNow.us + int64_t{engine::kSelfSignedDays + 1} * 86400 * 1000000};
  EXPECT_NE(why_not(with(a.chain_file, a.key_file), late).find("expired"), std::string::npos);
  const base::WallTime early{kNow.us - int64_t{86400} * 1000000};
  EXPECT_NE(why_not(with(a.chain_file, a.key_file), early).find("clock"), std::string::npos);
}

TEST_F(Context, AChainWithADamagedIntermediateIsRefused) {
  std::ofstream(a.chain_file, std::ios::app)
      << "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
  EXPECT_NE(why_not({.certificates = {a}}).find("certificate 2 in the file is damaged"),
            std::string::npos);
}

TEST_F(Context, SelfSignedFilesArePrivateAndReplacedWhole) {
  struct stat facts {};
  ASSERT_EQ(::stat(a.key_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(a.chain_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0644u);
  const std::string before = certificate_for(*make_context({.certificates = {a}}), "");
  a = make_files(folder, "a", {"a.example.com"});
  EXPECT_NE(certificate_for(*make_context({.certificates = {a}}), ""), before);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
    EXPECT_NE(entry.path().extension(), ".new");
  }
}

TEST_F(Context, SelfSigningWhereNothingCanBeWrittenSaysSo) {
  const base::Status made =
      engine::make_self_signed({"x"}, kNow, 1, folder / "no/a.pem", folder / "no/a.key");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("no/a.key"), std::string::npos);
}

}  // namespace
