// TLS records without sockets: a message sealed by one side and opened by the other, 300 bytes and
// a full record; and a whole handshake of both sides, full and with a ticket (P-256, TLS 1.3).
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/tls/client_session.h"
#include "engine/tls/context.h"
#include "engine/tls/self_signed.h"

namespace {

class Ends {
 public:
  Ends() {
    std::string folder = std::filesystem::temp_directory_path() / "bench_tls.XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    const engine::TlsCertificateFiles files{folder + "/chain.pem", folder + "/key.pem", {}};
    const base::WallTime now{int64_t{1893456000} * 1000000};
    if (!engine::make_self_signed({"im.example.com"}, now, engine::kSelfSignedDays,
                                  files.chain_file, files.key_file)) {
      std::abort();
    }
    context_ = *engine::TlsContext::make({{files}}, std::make_shared<engine::TicketKeys>(), now);
    client_context_ = *engine::TlsClientContext::make({});
    std::filesystem::remove_all(folder);
  }

  bool shake_hands(base::Bytes ticket = {}) {
    server = engine::make_server_session(*context_);
    client = engine::make_client_session(*client_context_, "im.example.com", ticket);
    std::string plain, to_server, to_client;
    bool both = false;
    client->open({}, plain, to_server);
    while (!to_server.empty() || !to_client.empty()) {
      const std::string flight = std::exchange(to_server, {});
      both |= server->open(flight, plain, to_client) == engine::TlsStatus::established;
      const std::string answer = std::exchange(to_client, {});
      client->open(answer, plain, to_server);
    }
    return both;
  }

  std::string ticket() {  // leaves the server with what it says first
    std::string records, plain, answer;
    if (!server->seal("hello", records)) return {};
    client->open(records, plain, answer);
    return client->ticket();
  }

  std::unique_ptr<engine::TlsSession> server;
  std::unique_ptr<engine::TlsClientSession> client;

 private:
  std::shared_ptr<const engine::TlsContext> context_;
  std::shared_ptr<const engine::TlsClientContext> client_context_;
};

void Seal(benchmark::State& state) {
  Ends ends;
  if (!ends.shake_hands()) state.SkipWithError("no handshake");
  const std::string plain(static_cast<size_t>(state.range(0)), 'x');
  std::string records;
  for (auto _ : state) {
    records.clear();
    if (!ends.server->seal(plain, records)) state.SkipWithError("not sealed");
    benchmark::DoNotOptimize(records.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// A record can be opened once: each is sealed by the other side while the clock stands.
void Open(benchmark::State& state) {
  Ends ends;
  if (!ends.shake_hands()) state.SkipWithError("no handshake");
  constexpr int kBatch = 512;
  const std::string plain(static_cast<size_t>(state.range(0)), 'x');
  std::string records, opened, answer;
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    records.clear();
    for (int i = 0; i < kBatch; ++i) {
      if (!ends.client->seal(plain, records)) state.SkipWithError("not sealed");
    }
    const size_t one = records.size() / kBatch;
    opened.clear();
    state.ResumeTiming();
    for (int i = 0; i < kBatch; ++i) {
      ends.server->open(base::Bytes(records).substr(i * one, one), opened, answer);
    }
    if (opened.size() != kBatch * plain.size()) state.SkipWithError("not opened");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void Handshake(benchmark::State& state) {
  Ends ends;
  if (!ends.shake_hands()) state.SkipWithError("no handshake");
  const bool resumed = state.range(0) == 1;
  const std::string ticket = resumed ? ends.ticket() : "";
  for (auto _ : state) {
    if (!ends.shake_hands(ticket) || ends.server->facts().resumed != resumed) {
      state.SkipWithError("not what was wanted");
    }
  }
  state.SetLabel(resumed ? "both sides, with a ticket" : "both sides, full");
}

}  // namespace

BENCHMARK(Seal)->Arg(300)->Arg(16384);
BENCHMARK(Open)->Arg(300)->Arg(16384);
BENCHMARK(Handshake)->Arg(0)->Arg(1);
BENCHMARK_MAIN();
