// What an idle session costs: README.md quotes the number printed here.
#include <malloc.h>

#include <cstdio>

#include "tests/engine/tls/pipe.h"

namespace {

using namespace tls_test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountable = false;  // the sanitizers bring an allocator of their own
#else
constexpr bool kCountable = true;
#endif

size_t bytes_in_use() { return ::mallinfo2().uordblks; }

TEST(Memory, AnIdleSessionCostsLessThan4KiB) {
  if (!kCountable) GTEST_SKIP();
  const Folder folder;
  const auto context =
      make_context({.certificates = {make_files(folder, "a", {"im.example.com"})}});
  const auto client = make_client();
  constexpr size_t kSessions = 500;
  std::vector<std::unique_ptr<engine::TlsSession>> sessions(kSessions);
  size_t before = 0;
  for (size_t i = 0; i < kSessions; ++i) {
    if (i == 50) before = bytes_in_use();  // what is made once has been made
    Pipe pipe(make_server_session(*context), make_client_session(*client, "im.example.com"));
    ASSERT_TRUE(pipe.shake_hands());
    ASSERT_TRUE(pipe.says(pipe.client, pipe.server, "<stream:stream>"));
    ASSERT_TRUE(pipe.says(pipe.server, pipe.client, "<stream:features/>"));
    sessions[i] = std::move(pipe.server_session);
  }
  const size_t each = (bytes_in_use() - before) / (kSessions - 50);
  std::printf("idle TLS session: %zu bytes\n", each);
  EXPECT_LT(each, 4096u);
}

}  // namespace
