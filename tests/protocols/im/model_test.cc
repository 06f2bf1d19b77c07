// Random users do random things on three shards, with mail and the store's answers delivered in
// random order; when all is quiet, everybody must see exactly what is the case (DESIGN 6, checker
// 2), and memory must agree with the store.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/im/subscription_chart.h"
#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using T = im::StanzaType;

constexpr int kUsers = 7;

std::string name(int i) { return "u" + std::to_string(i) + "@here"; }

struct Model {
  explicit Model(uint64_t seed) : world(3), dice(seed) {
    for (int i = 0; i < kUsers; ++i) world.account(name(i));
    for (int i = 1; i < kUsers; i += 2) world.befriend(name(i - 1), name(i));
    world.manual = true;
  }

  size_t roll(size_t bound) { return dice.below(bound); }

  Client* someone() {
    std::vector<Client*> bound;
    for (const auto& client : world.clients) {
      if (client->user != nullptr) bound.push_back(client.get());
    }
    return bound.empty() ? nullptr : bound[roll(bound.size())];
  }

  void act() {
    Client* client = someone();
    if (client == nullptr || roll(10) == 0) {
      world.join(name(static_cast<int>(roll(kUsers))) + "/" + std::to_string(roll(3)));
      return;
    }
    const std::string other = name(static_cast<int>(roll(kUsers)));
    switch (roll(13)) {
      case 0:
      case 1:
      case 2:
        return client->available(static_cast<int>(roll(5)),
                                 "<n>" + std::to_string(++count) + "</n>");
      case 3:
        return client->unavailable("later");
      case 4:
        return client->leave();
      case 5:
      case 6:
        return client->presence(T::subscribe, other);
      case 7:
      case 8:
        return client->presence(T::subscribed, other);
      case 9:
        return client->presence(T::unsubscribe, other);
      case 10:
        return client->presence(T::unsubscribed, other);
      case 11:
        return client->roster_set(other, "n", {}, roll(2) == 0);
      default:
        if (blocking) return roll(2) == 0 ? client->block({other}) : client->unblock({other});
        return client->message(other, "<body/>");
    }
  }

  void settle() {
    while (world.step(roll(1000))) {
    }
  }

  im::User* user(int i) {
    return world.realm(world.partition.owner(name(i)).shard).find_user(name(i));
  }

  // What `watcher` should see of user `i`.
  std::map<std::string, std::string> truth(int i) {
    std::map<std::string, std::string> out;
    const im::User* them = user(i);
    if (them == nullptr) return out;
    for (const im::Resource* resource : them->resources) {
      if (!resource->available()) continue;
      im::Stanza stanza;
      EXPECT_TRUE(im::unpack(resource->presence, stanza));
      out[resource->full_jid] = stanza.payload;
    }
    return out;
  }

  static std::map<std::string, std::string> view(const Client& watcher, const std::string& of) {
    std::map<std::string, std::string> out;
    for (const auto& [jid, payload] : watcher.seen) {
      if (jid.compare(0, of.size() + 1, of + "/") == 0) out[jid] = payload;
    }
    return out;
  }

  void check_views() {
    for (const auto& client : world.clients) {
      if (client->user == nullptr || !client->im::Resource::available()) continue;
      const im::User& me = *client->user;
      for (int i = 0; i < kUsers; ++i) {
        const std::string other = name(i);
        if (other == me.bare_jid.view()) {
          EXPECT_EQ(view(*client, other), truth(i)) << client->full_jid << " of herself";
          continue;
        }
        const bool to = im::state_of(me.roster.find(other)).to;
        const auto& stored = world.store.accounts[other].contacts;
        const auto item = stored.find(std::string(me.bare_jid.view()));
        const bool from = item != stored.end() && (item->second.flags & 2) != 0;
        const im::User* them = user(i);
        const bool hidden =
            me.blocks(jid::JidView::trusted(other)) || (them != nullptr && them->blocks(me.jid()));
        if (hidden) {
          EXPECT_TRUE(view(*client, other).empty()) << client->full_jid << " of " << other;
        } else if (to && from) {
          EXPECT_EQ(view(*client, other), truth(i)) << client->full_jid << " of " << other;
        } else if (!from) {
          EXPECT_TRUE(view(*client, other).empty()) << client->full_jid << " of " << other;
        }
        // Blocking swallows cancellations; without it the two sides agree.
        if (to && !blocking) {
          EXPECT_TRUE(from) << me.bare_jid.view() << " to " << other;
        }
      }
    }
  }

  void check_store() {
    for (int i = 0; i < kUsers; ++i) {
      const im::User* them = user(i);
      if (them == nullptr) continue;
      const auto& stored = world.store.accounts[name(i)];
      EXPECT_EQ(them->pending, 0u);
      EXPECT_EQ(them->flooding, nullptr);
      ASSERT_EQ(them->roster.contacts().size(), stored.contacts.size()) << name(i);
      for (const im::Contact& contact : them->roster.contacts()) {
        const auto item = stored.contacts.find(std::string(contact.jid.view()));
        ASSERT_NE(item, stored.contacts.end());
        EXPECT_EQ(item->second.flags, contact.flags());
        EXPECT_FALSE(contact.ask && contact.to);
        EXPECT_FALSE(contact.pending_in && contact.from);
        EXPECT_EQ(contact.pending_in, !them->roster.request(contact.jid.view()).empty());
      }
      EXPECT_EQ(them->blocked, stored.blocked);
    }
  }

  World world;
  base::Prng dice;
  bool blocking = false;
  int count = 0;
};

void play(uint64_t seed, bool blocking) {
  Model model(seed);
  model.blocking = blocking;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 120; ++i) {
      model.act();
      for (size_t steps = model.roll(6); steps > 0; --steps) model.world.step(model.roll(1000));
    }
    model.settle();
    model.check_views();
    model.check_store();
    if (testing::Test::HasFailure()) {
      FAIL() << "seed " << seed << ", round " << round << (blocking ? ", blocking" : "");
    }
  }
}

TEST(Model, AfterQuietEveryViewIsTheTruth) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    play(seed, false);
    if (HasFailure()) return;
  }
}

TEST(Model, AfterQuietEveryViewIsTheTruthWithBlocking) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    play(seed, true);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace im_test
