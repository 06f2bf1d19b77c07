// One T per thread, found again by whoever sums them up. A thread's T outlives it and is taken
// over, as it is, by the next thread that needs one: totals are kept, and the number of T's is the
// largest number of threads that ever ran at once.
// mine() belongs to the calling thread; each() may run anywhere, so T's readers must be atomic.
#pragma once

#include <atomic>

#include "engine/base/check.h"

namespace trace {

template <class T>
class PerThread {
 public:
  static T& mine() {
    if (__builtin_expect(t_mine == nullptr, 0)) take_lease();
    return *t_mine;
  }

  template <class F>
  static void each(F f) {
    for (Node* node = g_head.load(std::memory_order_acquire); node != nullptr; node = node->next) {
      f(node->value);
    }
  }

 private:
  struct Node {
    T value;
    std::atomic<bool> leased{true};
    Node* next = nullptr;
  };
  struct Lease {
    Node* node = nullptr;
    ~Lease() {
      t_mine = nullptr;
      if (node == nullptr) return;
      const bool held = node->leased.exchange(false, std::memory_order_release);
      CHECK(held);
    }
  };

  static void take_lease() {
    static thread_local Lease lease;
    for (Node* node = g_head.load(std::memory_order_acquire); node != nullptr; node = node->next) {
      bool free = false;
      if (node->leased.compare_exchange_strong(free, true, std::memory_order_acquire)) {
        lease.node = node;
        t_mine = &node->value;
        return;
      }
    }
    Node* node = new Node;
    lease.node = node;
    t_mine = &node->value;
    node->next = g_head.load(std::memory_order_relaxed);
    while (!g_head.compare_exchange_weak(node->next, node, std::memory_order_release)) {
    }
  }

  static inline std::atomic<Node*> g_head{nullptr};
  static inline constinit thread_local T* t_mine = nullptr;
};

}  // namespace trace
