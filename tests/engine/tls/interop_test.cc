// The other implementation most clients use: `openssl s_client` against a session of ours, over a
// loopback socket. Skipped where that program is not installed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/engine/tls/pipe.h"

namespace {

using engine::TlsStatus;
using namespace tls_test;

class Interop : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP();
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener_, 1), 0);
    ASSERT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    const timeval patience{20, 0};
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void TearDown() override {
    if (listener_ >= 0) ::close(listener_);
  }

  // Runs s_client with `options`, which types `input`; answers the first line with an echo.
  // Returns what s_client printed.
  std::string converse(const std::string& options, const std::string& input) {
    const std::string command =
        "printf '" + input +
        "' | timeout 20 openssl s_client -brief -connect 127.0.0.1:" + std::to_string(port_) +
        " -servername im.example.com -CAfile " + files_.chain_file +
        " -attime 1893460000 -verify_return_error -verify_hostname im.example.com " + options +
        " 2>&1";
    FILE* const output = ::popen(command.c_str(), "r");
    const int socket = ::accept(listener_, nullptr, nullptr);
    EXPECT_GE(socket, 0);
    serve(socket);
    ::close(socket);
    std::string printed;
    char piece[512];
    while (const size_t n = std::fread(piece, 1, sizeof piece, output)) printed.append(piece, n);
    ::pclose(output);
    return printed;
  }

  void serve(int socket) {
    const timeval patience{20, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    session_ = make_server_session(*context_);
    plain_.clear();
    bool answered = false;
    char received[2048];
    last_ = TlsStatus::ok;
    while (last_ == TlsStatus::ok || last_ == TlsStatus::established) {
      const ssize_t n = ::recv(socket, received, sizeof received, 0);
      if (n <= 0) return;
      std::string records;
      last_ = session_->open({received, static_cast<size_t>(n)}, plain_, records);
      if (!answered && plain_.find('\n') != std::string::npos) {
        EXPECT_TRUE(session_->seal("echo: " + plain_, records));
        session_->close(records);
        answered = true;
      }
      ::send(socket, records.data(), records.size(), MSG_NOSIGNAL);
      if (answered) return;
    }
  }

  Folder folder_;
  engine::TlsCertificateFiles files_ = make_files(folder_, "a", {"im.example.com"});
  std::shared_ptr<const engine::TlsContext> context_ = make_context({.certificates = {files_}});
  std::unique_ptr<engine::TlsSession> session_;
  TlsStatus last_ = TlsStatus::ok;
  std::string plain_;
  int listener_ = -1;
  uint16_t port_ = 0;
};

TEST_F(Interop, OpensslVerifiesTalksAndHearsTheEnd) {
  for (const auto& [option, name] :
       {std::pair{"-tls1_2", "TLSv1.2"}, std::pair{"-tls1_3", "TLSv1.3"}}) {
    const std::string printed =
        converse(std::string(option) + " -ign_eof -alpn xmpp-client", "hello\\n");
    EXPECT_NE(printed.find(name), std::string::npos) << printed;
    EXPECT_NE(printed.find("Verification: OK"), std::string::npos) << printed;
    EXPECT_NE(printed.find("echo: hello"), std::string::npos) << printed;
    EXPECT_EQ(plain_, "hello\n");
  }
}

TEST_F(Interop, OpensslOfferingAnotherProtocolIsTurnedAway) {
  const std::string printed = converse("-ign_eof -alpn h2", "hello\\n");
  EXPECT_NE(printed.find("no application protocol"), std::string::npos) << printed;
  EXPECT_EQ(last_, TlsStatus::failed);
}

TEST_F(Interop, CiphersWithoutForwardSecrecyOrAeadAreRefused) {
  for (const char* cipher :
       {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "AES128-SHA", "AES128-GCM-SHA256"}) {
    converse(std::string("-tls1_2 -cipher ") + cipher, "hello\\n");
    EXPECT_EQ(last_, TlsStatus::failed) << cipher;
    EXPECT_EQ(plain_, "") << cipher;
  }
}

TEST_F(Interop, RenegotiationIsRefused) {
  // Without -ign_eof, an R at the start of what is typed asks s_client to renegotiate.
  converse("-tls1_2", "R\\n");
  EXPECT_EQ(last_, TlsStatus::failed);
  EXPECT_STREQ(session_->failure(), "NO_RENEGOTIATION");
}

}  // namespace
