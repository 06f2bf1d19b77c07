// A server and a client session joined by a pipe that cuts what passes at a chosen size, and the
// files they need. For the tests of engine/tls.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/tls/client_session.h"
#include "engine/tls/context.h"
#include "engine/tls/self_signed.h"

namespace tls_test {

inline constexpr base::WallTime kNow{int64_t{1893456000} * 1000000};  // 2030-01-01

// A folder that goes with the object.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tls_test.XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline engine::TlsCertificateFiles make_files(const Folder& folder, const std::string& stem,
                                              const std::vector<std::string>& names) {
  engine::TlsCertificateFiles files{folder / (stem + ".pem"), folder / (stem + ".key"), {}};
  const base::Status made = engine::make_self_signed(names, kNow, engine::kSelfSignedDays,
                                                     files.chain_file, files.key_file);
  EXPECT_TRUE(made);
  return files;
}

inline std::shared_ptr<const engine::TlsContext> make_context(
    const engine::TlsOptions& options,
    std::shared_ptr<engine::TicketKeys> keys = std::make_shared<engine::TicketKeys>()) {
  auto made = engine::TlsContext::make(options, std::move(keys), kNow);
  EXPECT_TRUE(made) << made.error().what;
  return *made;
}

inline std::shared_ptr<const engine::TlsClientContext> make_client(
    const engine::TlsClientOptions& options = {}) {
  auto made = engine::TlsClientContext::make(options);
  EXPECT_TRUE(made);
  return *made;
}

// One end of the pipe and what it has seen.
struct End {
  engine::TlsSession* session = nullptr;
  std::string plain;
  std::string records;  // waiting to be carried over
  engine::TlsStatus last = engine::TlsStatus::ok;
  int established = 0;

  void feed(base::Bytes received) {
    last = session->open(received, plain, records);
    if (last == engine::TlsStatus::established) ++established;
  }
};

class Pipe {
 public:
  Pipe(std::unique_ptr<engine::TlsSession> server, std::unique_ptr<engine::TlsClientSession> client,
       size_t chunk = SIZE_MAX)
      : server_session(std::move(server)), client_session(std::move(client)), chunk_(chunk) {
    this->server.session = server_session.get();
    this->client.session = client_session.get();
  }

  // Carries records both ways until neither end has more to say.
  void run() {
    while (!client.records.empty() || !server.records.empty()) {
      carry(client, server);
      carry(server, client);
    }
  }
  bool shake_hands() {
    client.feed({});
    run();
    return client.established == 1 && server.established == 1;
  }
  // Sends `text` from one end; true if exactly it comes out at the other.
  bool says(End& from, End& to, base::Bytes text) {
    to.plain.clear();
    if (!from.session->seal(text, from.records)) return false;
    run();
    return to.plain == text;
  }

  std::unique_ptr<engine::TlsSession> server_session;
  std::unique_ptr<engine::TlsClientSession> client_session;
  End server;
  End client;

 private:
  void carry(End& from, End& to) {
    std::string moving;
    moving.swap(from.records);
    for (size_t at = 0; at < moving.size(); at += std::min(chunk_, moving.size() - at)) {
      // From a block of its own that fits exactly: a byte too far is seen by the sanitizer.
      const std::vector<char> piece(
          moving.begin() + static_cast<ptrdiff_t>(at),
          moving.begin() + static_cast<ptrdiff_t>(at + std::min(chunk_, moving.size() - at)));
      to.feed({piece.data(), piece.size()});
    }
  }
  const size_t chunk_;
};

}  // namespace tls_test
