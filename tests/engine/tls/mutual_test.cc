// Certificates at both sides: who has none or not one of the authority's is refused, and whose it
// is stands in the facts. Skipped where there is no `openssl` to make them.
#include "tests/engine/tls/authority.h"

namespace {

using engine::CertificateName;
using engine::TlsStatus;
using namespace tls_test;

std::string text(std::span<const CertificateName> names) {
  std::string out;
  for (const CertificateName& one : names) {
    const char* const kinds[] = {"dns:", "uri:", "cn:"};
    out += kinds[static_cast<size_t>(one.kind)] + one.name + " ";
  }
  return out;
}

class Mutual : public testing::Test {
 protected:
  void SetUp() override {
    if (!Authority::available()) GTEST_SKIP();
  }

  Pipe connect(const engine::TlsCertificateFiles& shown, const std::string& client_ca = "",
               uint16_t version = 0x0304) {
    auto server = engine::TlsContext::make(
        {.certificates = {own}, .alpn = "sip/2", .client_ca_file = authority.file()},
        std::make_shared<engine::TicketKeys>(), Authority::at());
    EXPECT_TRUE(server) << server.error().what;
    auto client = engine::TlsClientContext::make({.ca_file = client_ca,
                                                  .demand_name = false,
                                                  .certificate = shown,
                                                  .alpn = {},
                                                  .version_max = version},
                                                 Authority::at());
    EXPECT_TRUE(client) << client.error().what;
    return Pipe(make_server_session(**server), make_client_session(**client, "im.example.com"));
  }

  Folder folder;
  Authority authority{folder};
  engine::TlsCertificateFiles own = authority.issue("own", "/CN=own", "DNS:im.example.com");
};

TEST_F(Mutual, NamesAreTheAlternativeOnesInTheirOrderAndTheSubjectIsKnown) {
  const auto shown = authority.issue("both", "/O=Example/CN=gate",
                                     "DNS:gate.example,URI:sip:example.org,email:a@b.example");
  for (const uint16_t version : {0x0303, 0x0304}) {
    Pipe pipe = connect(shown, "", version);
    ASSERT_TRUE(pipe.shake_hands());
    const engine::TlsFacts facts = pipe.server_session->facts();
    EXPECT_EQ(text(facts.peer_names), "dns:gate.example uri:sip:example.org ");
    EXPECT_EQ(facts.peer_subject, "CN=gate,O=Example");
    EXPECT_TRUE(pipe.says(pipe.client, pipe.server, "hello"));
    EXPECT_EQ(pipe.client_session->ticket(), "") << "nobody resumes what is asked for each time";
  }
}

TEST_F(Mutual, TheCommonNameCountsWhereThereAreNoOthers) {
  Pipe pipe = connect(authority.issue("cn", "/CN=old.example", ""));
  ASSERT_TRUE(pipe.shake_hands());
  EXPECT_EQ(text(pipe.server_session->facts().peer_names), "cn:old.example ");
  Pipe other = connect(authority.issue("mail", "/CN=old.example", "email:a@b.example"));
  ASSERT_TRUE(other.shake_hands());
  EXPECT_EQ(text(other.server_session->facts().peer_names), "") << "there are others";
}

TEST_F(Mutual, WhoHasNoCertificateIsRefused) {
  for (const uint16_t version : {0x0303, 0x0304}) {
    Pipe pipe = connect({}, "", version);
    EXPECT_FALSE(pipe.shake_hands());
    EXPECT_EQ(pipe.server.last, TlsStatus::failed);
    EXPECT_STREQ(pipe.server_session->failure(), "PEER_DID_NOT_RETURN_A_CERTIFICATE");
    EXPECT_EQ(pipe.server_session->refused_subject(), "");
    EXPECT_TRUE(pipe.server_session->facts().peer_names.empty());
  }
}

TEST_F(Mutual, ACertificateOfAnotherAuthorityIsRefused) {
  const Authority stranger(folder, "stranger");
  Pipe pipe = connect(stranger.issue("gate", "/CN=gate", "DNS:gate.example"));
  EXPECT_FALSE(pipe.shake_hands());
  EXPECT_EQ(pipe.server.last, TlsStatus::failed);
  EXPECT_EQ(pipe.server_session->refused_subject(), "CN=gate");
  EXPECT_TRUE(pipe.server_session->facts().peer_names.empty());
}

TEST_F(Mutual, TheClientKnowsWhoseCertificateItHasVerified) {
  const auto shown = authority.issue("gate", "/CN=gate", "DNS:gate.example");
  Pipe good = connect(shown, authority.file());
  ASSERT_TRUE(good.shake_hands());
  EXPECT_EQ(text(good.client_session->facts().peer_names), "dns:im.example.com ");
  const Authority stranger(folder, "stranger");
  Pipe bad = connect(shown, stranger.file());
  EXPECT_FALSE(bad.shake_hands());
  EXPECT_EQ(bad.client_session->refused_subject(), "CN=own");
  Pipe blind = connect(shown);
  ASSERT_TRUE(blind.shake_hands());
  EXPECT_TRUE(blind.client_session->facts().peer_names.empty()) << "what nobody has verified";
}

TEST_F(Mutual, FilesThatAreNoGoodAreNamed) {
  const auto made =
      engine::TlsContext::make({.certificates = {own}, .client_ca_file = folder / "nothing"},
                               std::make_shared<engine::TicketKeys>(), Authority::at());
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("nothing: cannot be read"), std::string::npos);
  const auto client = engine::TlsClientContext::make(
      {.ca_file = {}, .certificate = {folder / "nothing", own.key_file, {}}, .alpn = {}},
      Authority::at());
  EXPECT_FALSE(client);
}

}  // namespace
