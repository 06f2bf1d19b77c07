// The way of a message through a shard takes nothing from the heap.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "tests/protocols/xmpp/support/dialogue.h"

// A sanitizer has an allocator of its own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

bool g_counting = false;
uint64_t g_allocations = 0;

}  // namespace

// Not inlined: the compiler would see free() at the end of what it knows came from new.
__attribute__((noinline)) void* operator new(size_t bytes) {
  if (g_counting) ++g_allocations;
  void* const memory = std::malloc(bytes);
  if (memory == nullptr) std::abort();
  return memory;
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace xmpp_test {
namespace {

constexpr int kMessages = 1000;

class AllocationsTest : public testing::TestWithParam<bool> {
 protected:
  AllocationsTest() : node(1, options()) {
    alice = node.connect();
    bob = node.connect();
    enter(node, alice, "alice", "wonderland", "a");
    enter(node, bob, "bob", "builder", "b");
    for (const FakeNode::Client client : {alice, bob}) node.send(client, "<presence/>");
    (void)node.take(bob);
    node.within = [](bool within) { g_counting = within; };
  }
  static xmpp::Options options() {
    xmpp::Options options = default_options();
    auto im = std::make_shared<im::Options>(*options.im);
    im->archive_enabled = GetParam();
    options.im = im;
    return options;
  }

  // What so many messages of about 300 bytes take, each until bob has it.
  uint64_t messages(base::Bytes to) {
    const std::string body = std::string(120, 'x') + " &amp; more";
    const std::string text =
        "<message to='" + std::string(to) +
        "' type='chat' id='9c4e1b2a-77d0' xml:lang='en'><body>" + body +
        "</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>";
    const uint64_t before = g_allocations;
    for (int i = 0; i < kMessages; ++i) {
      node.send(alice, text);
      EXPECT_TRUE(has(node.take(bob), body));
    }
    return g_allocations - before;
  }

  FakeNode node;
  FakeNode::Client alice = 0;
  FakeNode::Client bob = 0;
};

TEST_P(AllocationsTest, AMessageToASessionTakesNothingFromTheHeap) {
  (void)messages("bob@localhost/b");  // what grows once has grown
  EXPECT_EQ(messages("bob@localhost/b"), 0u);
}

TEST_P(AllocationsTest, AMessageToAnAccountTakesNothingFromTheHeap) {
  (void)messages("bob@localhost");
  EXPECT_EQ(messages("bob@localhost"), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, AllocationsTest, testing::Bool(), [](const auto& info) {
  return info.param ? "WithTheArchive" : "WithoutTheArchive";
});

}  // namespace
}  // namespace xmpp_test

#endif
