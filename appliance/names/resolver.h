// Names looked up, by c-ares on a thread of its own: shards ask (engine/seam/names.h) and never
// wait. Nothing is cached here: askers keep what they got for as long as it says.
// Owned by the node. ask() from any thread, the rest by the owner. Limit: kPendingMax questions
// under way; beyond it they are answered `unknown` at once, and counted.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/seam/names.h"

struct ares_channeldata;

namespace names {

class Lookup;

struct ResolverOptions {
  std::vector<std::string> servers;  // "192.0.2.1", "192.0.2.1:5353"; none: those of the system
  int timeout_ms = 2000;             // for a server's answer, longer at each try
  int tries = 2;
};

class Resolver {
 public:
  static constexpr size_t kPendingMax = 1024;
  using Answered = std::function<void(engine::QuestionPtr)>;  // on the resolver's thread

  static base::Result<std::unique_ptr<Resolver>> start(const ResolverOptions& options,
                                                       Answered answered);
  ~Resolver();  // what is under way is answered `unknown`
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void ask(std::unique_ptr<engine::NameQuestion> question);

 private:
  friend class Lookup;
  explicit Resolver(Answered answered) : answered_(std::move(answered)) {}
  base::Status open(const ResolverOptions& options);
  void run();
  void begin_asked();
  void wait();
  void answer(std::unique_ptr<engine::NameQuestion> question);

  const Answered answered_;
  ares_channeldata* channel_ = nullptr;  // the thread's, while it runs
  int wake_ = -1;                        // an eventfd
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> pending_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<engine::NameQuestion>> asked_;  // behind mutex_
  std::thread thread_;
};

}  // namespace names
