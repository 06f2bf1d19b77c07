// The subscription state machine in a realm: every state and every stanza, what is stored, pushed,
// forwarded and answered (RFC 6121 §3, Appendix A). Romeo is on shard 0, Juliet on shard 1.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/chart_tables.h"
#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;

const std::string kRomeo = "romeo0@here";
const std::string kJuliet = "juliet1@there";

bool has(const Lines& lines, const std::string& wanted) {
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

size_t containing(const Lines& lines, const std::string& part) {
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find(part) != std::string::npos;
  }));
}

std::string name_of(T type) { return std::string(im::type_name(type)); }

// In the roster of `owner`, as if reached before. None and None + Pending In are not listed.
void put(World& world, const std::string& owner, const std::string& contact, State s) {
  im::Contact item;
  im::set_state(item, state(s));
  item.listed = s != kNone && s != kNoneIn;
  if (item.flags() == 0) return;
  world.store.accounts[owner].contacts[contact] = {contact, "", item.flags(), ""};
}

im::SubscriptionState stored(World& world, const std::string& owner, const std::string& contact) {
  const auto& contacts = world.store.accounts[owner].contacts;
  const auto found = contacts.find(contact);
  if (found == contacts.end()) return {};
  im::Contact item;
  item.set_flags(found->second.flags);
  return im::state_of(&item);
}

// What the other one's roster says when this one's says `s`.
State mirror(State s) {
  constexpr State kMirror[] = {kNone,    kNoneIn, kNoneOut, kNoneOutIn, kFrom,
                               kFromOut, kTo,     kToIn,    kBoth};
  return kMirror[s];
}

// A stanza of the contact, as it comes from her server: no roster of hers has a say in it.
void from_contact(World& world, T type) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = type;
  stanza.from = jid::JidView::trusted(kJuliet);
  stanza.to = jid::JidView::trusted(kRomeo);
  stanza.id = "s1";
  world.on(1, [&](engine::Turn& turn) { world.realm(1).route(stanza, turn); });
}

TEST(Subscription, OutboundStanzasChangeTheRosterAndGoOut) {
  for (const OutboundRow& row : kOutbound) {
    SCOPED_TRACE(std::string(text(row.before)) + ", outbound " + name_of(row.type));
    World world(2);
    world.account(kRomeo);
    world.account(kJuliet);
    put(world, kRomeo, kJuliet, row.before);
    put(world, kJuliet, kRomeo, mirror(row.before));
    Client& romeo = world.join(kRomeo + "/orchard");
    romeo.available();
    Client& silent = world.join(kRomeo + "/silent");
    silent.interested = false;
    silent.available();
    romeo.take();
    silent.take();
    const uint64_t version = world.store.accounts[kRomeo].roster_version;
    world.manual = true;
    romeo.presence(row.type, kJuliet + "/balcony");
    // What was forwarded is on its way to Juliet's shard, in the name of the bare JID.
    Lines forwarded;
    for (const engine::EnvelopePtr& envelope : world.mail[{0, 1}]) {
      im::Stanza stanza;
      ASSERT_TRUE(im::unpack(envelope->payload(), stanza));
      forwarded.push_back(line(stanza));
    }
    world.mail[{0, 1}].clear();
    const std::string wanted =
        "presence " + name_of(row.type) + " from=" + kRomeo + " to=" + kJuliet;
    EXPECT_EQ(has(forwarded, wanted), row.route);
    world.manual = false;
    world.run();

    im::SubscriptionState after = state(row.after);
    after.approved = row.approves;
    EXPECT_EQ(stored(world, kRomeo, kJuliet), after);
    const bool listed = row.before != kNone && row.before != kNoneIn;
    im::SubscriptionState before = state(row.before);
    im::SubscriptionState shown = after;
    before.pending_in = shown.pending_in = false;
    const bool lists = !listed && (row.type == T::subscribe || row.type == T::subscribed);
    const size_t pushes = before != shown || lists ? 1 : 0;
    EXPECT_EQ(containing(romeo.in, "push " + kJuliet), pushes);
    EXPECT_EQ(world.store.accounts[kRomeo].roster_version, version + pushes);
    EXPECT_TRUE(silent.in.empty());  // neither pushes nor anything else
    // §3.1.5: an approval is followed by what the contact may now see; §3.2.2: a cancellation is
    // preceded by the end of it. Both resources are available.
    const bool approves = row.type == T::subscribed && row.route;
    const bool cancels = row.type == T::unsubscribed && state(row.before).from;
    EXPECT_EQ(containing(forwarded, "presence from=" + kRomeo + "/"), approves ? 2u : 0u);
    EXPECT_EQ(containing(forwarded, "presence unavailable from=" + kRomeo + "/"),
              cancels ? 2u : 0u);
    if (cancels) {
      EXPECT_EQ(forwarded.back(), wanted);
    }
    if (approves) {
      EXPECT_EQ(forwarded.front(), wanted);
    }
  }
}

TEST(Subscription, InboundStanzasChangeTheRosterAndAreShown) {
  for (const InboundRow& row : kInbound) {
    SCOPED_TRACE(std::string(text(row.before)) + ", inbound " + name_of(row.type));
    World world(2);
    world.account(kRomeo);
    world.account(kJuliet);
    put(world, kRomeo, kJuliet, row.before);
    put(world, kJuliet, kRomeo, mirror(row.before));
    Client& interested = world.join(kRomeo + "/interested");
    Client& available = world.join(kRomeo + "/available");
    available.interested = false;
    available.available();
    interested.take();
    available.take();
    world.manual = true;
    from_contact(world, row.type);
    while (world.mail[{0, 1}].empty() && world.step()) {
    }
    Lines answers;
    for (const engine::EnvelopePtr& envelope : world.mail[{0, 1}]) {
      im::Stanza stanza;
      ASSERT_TRUE(im::unpack(envelope->payload(), stanza));
      answers.push_back(line(stanza));
    }
    world.mail[{0, 1}].clear();
    world.manual = false;
    world.run();

    EXPECT_EQ(stored(world, kRomeo, kJuliet), state(row.after));
    const std::string shown =
        "presence " + name_of(row.type) + " from=" + kJuliet + " to=" + kRomeo + " id=s1";
    const bool request = row.type == T::subscribe;
    EXPECT_EQ(has(available.in, shown), row.deliver && request);
    EXPECT_EQ(has(interested.in, shown), row.deliver && !request);
    im::SubscriptionState before = state(row.before);
    im::SubscriptionState after = state(row.after);
    before.pending_in = after.pending_in = false;
    EXPECT_EQ(containing(interested.in, "push " + kJuliet), before != after ? 1u : 0u);
    // Delivered before the push (§3.1.6, §3.2.3, §3.3.3).
    if (before != after && !request) {
      EXPECT_EQ(interested.in.front(), shown);
    }
    EXPECT_EQ(containing(available.in, "push"), 0u);
    // The chart's automatic "unsubscribed" is for other servers; an approval that nobody waits for
    // is taken back between our own accounts.
    const bool unwanted = row.type == T::subscribed && !state(row.before).ask &&
                          !state(row.before).to;
    const std::pair<T, bool> replies[] = {{T::subscribed, row.reply == T::subscribed},
                                          {T::unsubscribed, false},
                                          {T::unsubscribe, unwanted}};
    for (const auto& [type, expected] : replies) {
      EXPECT_EQ(has(answers,
                    "presence " + name_of(type) + " from=" + kRomeo + " to=" + kJuliet + " id=s1"),
                expected);
    }
    const bool ends = row.type == T::unsubscribe && state(row.before).from;
    EXPECT_EQ(containing(answers, "presence unavailable from=" + kRomeo + "/available"),
              ends ? 1u : 0u);
    const bool repeats = row.reply == T::subscribed;
    EXPECT_EQ(containing(answers, "presence from=" + kRomeo + "/available"), repeats ? 1u : 0u);
  }
}

TEST(Subscription, HandshakeBothWaysEndsInBoth) {
  for (const engine::ShardId shards : {1, 2}) {
    World world(shards);
    world.account(kRomeo);
    world.account(kJuliet);
    Client& romeo = world.join(kRomeo + "/r");
    Client& juliet = world.join(kJuliet + "/j");
    romeo.available(0, "romeo's");
    juliet.available(0, "juliet's");
    romeo.presence(T::subscribe, kJuliet, "<x/>");
    EXPECT_TRUE(has(juliet.in, "presence subscribe from=" + kRomeo + " to=" + kJuliet + " <x/>"));
    EXPECT_EQ(romeo.seen.count(kJuliet + "/j"), 0u);
    juliet.presence(T::subscribed, kRomeo);
    EXPECT_EQ(romeo.seen[kJuliet + "/j"], "juliet's");
    EXPECT_EQ(juliet.seen.count(kRomeo + "/r"), 0u);
    juliet.presence(T::subscribe, kRomeo);
    romeo.presence(T::subscribed, kJuliet);
    EXPECT_EQ(juliet.seen[kRomeo + "/r"], "romeo's");
    EXPECT_EQ(stored(world, kRomeo, kJuliet), state(kBoth));
    EXPECT_EQ(stored(world, kJuliet, kRomeo), state(kBoth));
    EXPECT_EQ(romeo.in.back(), "push " + kJuliet + " both v3");
    // Removing the item ends both directions (§2.5.2).
    juliet.roster_set(kRomeo, {}, {}, true);
    EXPECT_EQ(romeo.seen.count(kJuliet + "/j"), 0u);
    EXPECT_EQ(juliet.seen.count(kRomeo + "/r"), 0u);
    EXPECT_EQ(stored(world, kRomeo, kJuliet), state(kNone));
    EXPECT_EQ(world.store.accounts[kJuliet].contacts.count(kRomeo), 0u);
    EXPECT_TRUE(has(juliet.in, "push " + kRomeo + " remove v4"));
    EXPECT_EQ(juliet.in.back(), "iq result from=" + kJuliet + " to=" + kJuliet + "/j id=r");
  }
}

TEST(Subscription, RequestIsKeptWholeAndShownAtEveryInitialPresence) {
  World world(2);
  world.account(kRomeo);
  world.account(kJuliet);
  Client& romeo = world.join(kRomeo + "/r");
  romeo.presence(T::subscribe, kJuliet, "<nick>R</nick>");
  romeo.presence(T::subscribe, kJuliet, "<nick>again</nick>");
  const std::string request =
      "presence subscribe from=" + kRomeo + " to=" + kJuliet + " <nick>R</nick>";
  for (int login = 0; login < 2; ++login) {
    Client& juliet = world.join(kJuliet + "/j");
    EXPECT_EQ(containing(juliet.in, "subscribe"), 0u);
    juliet.available();
    EXPECT_EQ(containing(juliet.in, "subscribe"), 1u);
    EXPECT_TRUE(has(juliet.in, request));
    juliet.take();
    juliet.available(1);  // not initial
    EXPECT_EQ(containing(juliet.in, "subscribe"), 0u);
    EXPECT_TRUE(has(juliet.in, "presence from=" + kJuliet + "/j to=" + kJuliet));
    juliet.leave();
  }
  // Not in the roster until it is approved (§3.1.3).
  EXPECT_EQ(world.store.accounts[kJuliet].contacts[kRomeo].flags, 16);
  Client& juliet = world.join(kJuliet + "/j");
  juliet.available();
  juliet.presence(T::unsubscribed, kRomeo);
  EXPECT_TRUE(has(romeo.in, "presence unsubscribed from=" + kJuliet + " to=" + kRomeo));
  EXPECT_EQ(world.store.accounts[kJuliet].contacts.count(kRomeo), 0u);
  juliet.leave();
  Client& later = world.join(kJuliet + "/j");
  later.available();
  EXPECT_EQ(containing(later.in, "subscribe"), 0u);
}

TEST(Subscription, PreApprovalAnswersTheRequestWhenItComes) {
  World world(2);
  world.account(kRomeo);
  world.account(kJuliet);
  Client& juliet = world.join(kJuliet + "/j");
  juliet.available();
  juliet.take();
  juliet.presence(T::subscribed, kRomeo);
  EXPECT_EQ(juliet.take(), (Lines{"push " + kRomeo + " none approved v1"}));
  Client& romeo = world.join(kRomeo + "/r");
  romeo.available();
  EXPECT_EQ(containing(romeo.in, "subscribed"), 0u);
  romeo.presence(T::subscribe, kJuliet);
  EXPECT_EQ(juliet.take(), (Lines{"push " + kRomeo + " from approved v2"}));
  EXPECT_TRUE(has(romeo.in, "presence subscribed from=" + kJuliet + " to=" + kRomeo));
  EXPECT_TRUE(has(romeo.in, "push " + kJuliet + " to v2"));
  EXPECT_EQ(romeo.seen.count(kJuliet + "/j"), 1u);
}

TEST(Subscription, CancellingAPreApprovalIsNobodyElsesBusiness) {
  World world(2);
  world.account(kRomeo);
  world.account(kJuliet);
  Client& juliet = world.join(kJuliet + "/j");
  Client& romeo = world.join(kRomeo + "/r");
  romeo.available();
  romeo.take();
  juliet.presence(T::subscribed, kRomeo);
  juliet.take();
  juliet.presence(T::unsubscribed, kRomeo);
  EXPECT_EQ(juliet.take(), (Lines{"push " + kRomeo + " none v2"}));
  EXPECT_TRUE(romeo.in.empty());
}

TEST(Subscription, ToNobodyOneselfAndElsewhere) {
  World world(2);
  world.account(kRomeo);
  Client& romeo = world.join(kRomeo + "/r");
  const std::string error = "presence error from=";
  // §8.5.1: silently; the request stays pending, as with an account that does not answer.
  romeo.presence(T::subscribe, "nobody1@here");
  EXPECT_EQ(romeo.take(), (Lines{"push nobody1@here none ask v1"}));
  romeo.presence(T::subscribe, kRomeo);
  EXPECT_EQ(romeo.take(), (Lines{error + kRomeo + " to=" + kRomeo + "/r not-allowed"}));
  romeo.presence(T::subscribe, "x@elsewhere");
  EXPECT_EQ(romeo.take(),
            (Lines{error + "x@elsewhere to=" + kRomeo + "/r remote-server-not-found"}));
  romeo.presence(T::subscribe, "here");
  EXPECT_EQ(romeo.take(), (Lines{error + "here to=" + kRomeo + "/r service-unavailable"}));
  romeo.presence(T::subscribe, "");
  EXPECT_EQ(romeo.take(), (Lines{error + kRomeo + " to=" + kRomeo + "/r bad-request"}));
  EXPECT_EQ(world.store.accounts[kRomeo].contacts.size(), 1u);
}

TEST(Subscription, UnansweredRequestsAreLimitedPerUser) {
  im::Options options;
  options.subscription_requests_max = 2;
  World world(1, options);
  world.account("victim@here");
  for (int i = 0; i < 4; ++i) {
    const std::string name = "s" + std::to_string(i) + "x@here";
    world.account(name);
    world.join(name + "/r").presence(T::subscribe, "victim@here");
  }
  EXPECT_EQ(world.store.accounts["victim@here"].contacts.size(), 2u);
  Client& victim = world.join("victim@here/r");
  victim.available();
  EXPECT_EQ(containing(victim.in, "subscribe"), 2u);
}

TEST(Subscription, WhatTheStoreConfusedIsPutRight) {
  World world(1);
  world.account(kRomeo);
  world.account(kJuliet);
  im::Stanza other;  // kept beside the wrong contact
  other.kind = im::StanzaKind::presence;
  other.type = T::subscribe;
  other.from = jid::JidView::trusted("somebody@here");
  other.payload = "<nick>S</nick>";
  std::string packed;
  im::pack(other, packed);
  auto& contacts = world.store.accounts[kJuliet].contacts;
  contacts[kRomeo] = {kRomeo, "", 16, packed};
  contacts["from@here"] = {"from@here", "", 2 | 16 | 32, packed};  // there is no such state
  contacts["to@here"] = {"to@here", "", 1 | 4 | 32, ""};           // nor this one
  Client& juliet = world.join(kJuliet + "/j");
  juliet.roster_set("from@here", "From");
  juliet.roster_set("to@here", "To");
  EXPECT_EQ(contacts["from@here"].flags, 2 | 32);
  EXPECT_EQ(contacts["from@here"].request, "");
  EXPECT_EQ(contacts["to@here"].flags, 1 | 32);
  juliet.take();
  juliet.available();
  EXPECT_TRUE(has(juliet.in, "presence subscribe from=" + kRomeo + " to=" + kJuliet));
  EXPECT_EQ(containing(juliet.in, "presence subscribe "), 1u);
}

TEST(Subscription, HugeRequestIsKeptWithoutItsContent) {
  World world(1);
  world.account(kRomeo);
  world.account(kJuliet);
  world.join(kRomeo + "/r").presence(T::subscribe, kJuliet, std::string(9000, 'x'));
  EXPECT_LT(world.store.accounts[kJuliet].contacts[kRomeo].request.size(), 200u);
  Client& juliet = world.join(kJuliet + "/j");
  juliet.available();
  EXPECT_TRUE(has(juliet.in, "presence subscribe from=" + kRomeo + " to=" + kJuliet));
}

// By another wire than hers, from the shard of whom she asks.
TEST(Subscription, AskedForElsewhereEntersTheRoster) {
  World world(2);
  for (const std::string& name : {kRomeo, kJuliet}) world.account(name);
  Client& romeo = world.join(kRomeo + "/r");
  Client& juliet = world.join(kJuliet + "/j");
  romeo.available();
  juliet.available();
  romeo.take();
  juliet.take();
  const auto ask = [&] {
    world.on(1, [&](engine::Turn& turn) {
      world.realm(1).subscribe(jid::JidView::trusted(kRomeo), jid::JidView::trusted(kJuliet),
                               turn);
    });
  };
  ask();
  EXPECT_TRUE(stored(world, kRomeo, kJuliet).ask);
  EXPECT_EQ(containing(juliet.take(), "subscribe"), 1u);
  EXPECT_EQ(containing(romeo.take(), kJuliet), 1u);  // a roster push
  juliet.presence(T::subscribed, kRomeo);
  EXPECT_TRUE(stored(world, kRomeo, kJuliet).to);
  EXPECT_TRUE(stored(world, kJuliet, kRomeo).from);
}

TEST(Subscription, AskedForByAFullRosterOrNobodyComesToNothing) {
  im::Options options;
  options.roster_items_max = 1;
  World world(2, options);
  for (const std::string& name : {kRomeo, kJuliet}) world.account(name);
  put(world, kRomeo, "nurse@there", kBoth);
  for (const std::string& from : {kRomeo, std::string("nobody0@here")}) {
    world.on(1, [&](engine::Turn& turn) {
      world.realm(1).subscribe(jid::JidView::trusted(from), jid::JidView::trusted(kJuliet), turn);
    });
  }
  EXPECT_FALSE(stored(world, kRomeo, kJuliet).ask);
}

}  // namespace
}  // namespace im_test
