// The store on SQLite, on the disk of TMPDIR: what one asker gets who waits for each answer, and
// what many get whose requests share transactions. Offline messages of 350 bytes, an account with
// 20 contacts.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <semaphore>
#include <string>

#include "appliance/store/store.h"

namespace {

class Fixture {
 public:
  Fixture() {
    folder_ = std::filesystem::temp_directory_path() / "bench_store.XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    store::StoreOptions options;
    options.path = folder_ + "/store.sqlite";
    options.iterations = 1;
    auto opened = store::Store::open(
        options, [this](engine::ShardId, engine::QuestionPtr) { answered.release(); });
    if (!opened) std::abort();
    store_ = std::move(*opened);
    auto account = make(im::StoreKind::create_account);
    account->text = "secret";
    store_->call(*account);
    auto roster = make(im::StoreKind::save_contacts);
    for (int i = 0; i < 20; ++i) {
      roster->contacts.push_back({.jid = "contact" + std::to_string(i) + "@example.com"});
    }
    store_->call(*roster);
    if (roster->status != im::StoreStatus::ok) std::abort();
  }
  ~Fixture() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::unique_ptr<im::StoreRequest> make(im::StoreKind kind) {
    auto request = std::make_unique<im::StoreRequest>();
    request->kind = kind;
    request->user = "alice@example.com";
    return request;
  }
  static std::unique_ptr<im::StoreRequest> message() {
    auto request = make(im::StoreKind::append_offline);
    request->text.assign(350, 'x');
    request->number = UINT32_MAX;
    return request;
  }
  store::Store& operator*() { return *store_; }

  std::counting_semaphore<> answered{0};

 private:
  std::string folder_;
  std::unique_ptr<store::Store> store_;
};

void LoadAccount(benchmark::State& state) {
  Fixture store;
  for (auto _ : state) {
    auto request = Fixture::make(im::StoreKind::load_account);
    (*store).call(*request);
    if (request->account.contacts.size() != 20) state.SkipWithError("no such account");
  }
}

void AppendOffline(benchmark::State& state) {
  Fixture store;
  const auto together = static_cast<int>(state.range(0));
  while (state.KeepRunningBatch(together)) {
    for (int i = 0; i < together; ++i) (*store).ask(Fixture::message());
    for (int i = 0; i < together; ++i) store.answered.acquire();
  }
}

}  // namespace

BENCHMARK(LoadAccount)->UseRealTime();
BENCHMARK(AppendOffline)->Arg(1)->Arg(1000)->UseRealTime();
BENCHMARK_MAIN();
