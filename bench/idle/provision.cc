// Fills a fresh database for the benches: N users in cliques of R + 1, everybody in a
// clique subscribed to everybody else, one password for all, stretched once only.
//   bench_provision DATABASE DOMAIN USERS CONTACTS

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "appliance/store/store.h"
#include "protocols/im/roster.h"

namespace {

std::atomic<uint64_t> g_answered{0};
std::atomic<uint64_t> g_failed{0};

void on_answer(engine::ShardId, engine::QuestionPtr question) {
  const auto& request = static_cast<const im::StoreRequest&>(*question);
  if (request.status != im::StoreStatus::ok) ++g_failed;
  ++g_answered;
}

std::string jid_of(uint32_t number, const std::string& domain) {
  return "u" + std::to_string(number) + "@" + domain;
}

std::unique_ptr<im::StoreRequest> account(uint32_t number, const std::string& domain) {
  auto request = std::make_unique<im::StoreRequest>();
  request->kind = im::StoreKind::create_account;
  request->user = jid_of(number, domain);
  request->text = "bench";
  return request;
}

std::unique_ptr<im::StoreRequest> contacts(uint32_t number, uint32_t users, uint32_t count,
                                           const std::string& domain) {
  auto request = std::make_unique<im::StoreRequest>();
  request->kind = im::StoreKind::save_contacts;
  request->user = jid_of(number, domain);
  request->number = 1;
  const uint32_t first = number - number % (count + 1);
  im::Contact flags;
  flags.to = flags.from = flags.listed = true;
  for (uint32_t other = first; other < first + count + 1 && other < users; ++other) {
    if (other == number) continue;
    const std::string name = "Contact Number " + std::to_string(other);
    request->contacts.push_back({jid_of(other, domain),
                                 std::string(im::Contact::pack(name, {"Colleagues"}).view()),
                                 flags.flags(),
                                 {}});
  }
  return request;
}

// Keeps a bounded number of questions out.
void ask(store::Store& store, std::unique_ptr<im::StoreRequest> request, uint64_t& asked) {
  while (asked - g_answered.load() > 512) std::this_thread::yield();
  ++asked;
  store.ask(std::move(request));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bench_provision DATABASE DOMAIN USERS CONTACTS\n");
    return 2;
  }
  const std::string domain = argv[2];
  const auto users = static_cast<uint32_t>(std::atoi(argv[3]));
  const auto count = static_cast<uint32_t>(std::atoi(argv[4]));
  store::StoreOptions options;
  options.path = argv[1];
  options.durability = store::Durability::relaxed;
  options.iterations = 1;
  auto opened = store::Store::open(options, on_answer);
  if (!opened) {
    std::fprintf(stderr, "bench_provision: %s\n", opened.error().what.c_str());
    return 1;
  }
  uint64_t asked = 0;
  for (uint32_t i = 0; i < users; ++i) ask(**opened, account(i, domain), asked);
  while (g_answered.load() < asked) std::this_thread::yield();
  for (uint32_t i = 0; i < users; ++i) ask(**opened, contacts(i, users, count, domain), asked);
  opened->reset();
  std::printf("%u users with %u contacts each, %llu failures\n", users, count,
              static_cast<unsigned long long>(g_failed.load()));
  return g_failed.load() == 0 ? 0 : 1;
}
