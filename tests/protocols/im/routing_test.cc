// RFC 6121 §8.5: every kind and type, to every kind of address, in every situation.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

const std::string kAnna = "anna0@here/a";
const std::string kBob = "bob1@here";

// Table 1: O stored, E error, S silence, D the addressed resource, M the most available resource,
// A all that are not negative.
struct Row {
  const char* situation;
  const char* address;
  char normal, chat, groupchat, headline, error;
};

constexpr Row kTable[] = {
    {"absent", "bare", 'E', 'E', 'E', 'S', 'S'},     {"absent", "full", 'E', 'E', 'E', 'S', 'S'},
    {"nobody", "bare", 'O', 'O', 'E', 'S', 'S'},     {"nobody", "other", 'E', 'O', 'E', 'E', 'S'},
    {"connected", "bare", 'O', 'O', 'E', 'S', 'S'},  {"connected", "full", 'D', 'D', 'D', 'D', 'D'},
    {"connected", "other", 'E', 'O', 'E', 'E', 'S'}, {"negative", "bare", 'O', 'O', 'E', 'S', 'S'},
    {"negative", "full", 'D', 'D', 'D', 'D', 'D'},   {"negative", "other", 'E', 'O', 'E', 'E', 'S'},
    {"one", "bare", 'M', 'M', 'E', 'A', 'S'},        {"one", "full", 'D', 'D', 'D', 'D', 'D'},
    {"one", "other", 'E', 'M', 'E', 'E', 'S'},       {"three", "bare", 'M', 'M', 'E', 'A', 'S'},
    {"three", "full", 'D', 'D', 'D', 'D', 'D'},      {"three", "other", 'E', 'M', 'E', 'E', 'S'},
};

// "full" is the addressed resource, "top" the one with the highest priority that is used last.
std::vector<Client*> set_up(World& world, const std::string& situation) {
  std::vector<Client*> out;
  if (situation == "absent") return out;
  world.account(kBob);
  if (situation == "nobody") return out;
  out.push_back(&world.join(kBob + "/full"));
  if (situation == "negative") out[0]->available(-1);
  if (situation == "one") out[0]->available(0);
  if (situation != "three") return out;
  out[0]->available(1);
  for (const auto& [name, level] : {std::pair("below", -5), {"equal", 5}, {"top", 5}}) {
    out.push_back(&world.join(kBob + "/" + name));
    world.advance(1);
    out.back()->available(level);
  }
  return out;
}

void expect(World& world, const std::vector<Client*>& clients, Client& sender, char wanted,
            const std::string& to) {
  const bool stored =
      world.store.accounts.count(kBob) != 0 && !world.store.accounts[kBob].offline.empty();
  EXPECT_EQ(stored, wanted == 'O');
  const std::string error =
      "message error from=" + to + " to=" + sender.full_jid + " service-unavailable";
  EXPECT_EQ(sender.in, wanted == 'E' ? Lines{error} : Lines{});
  for (Client* client : clients) {
    const bool hit =
        (wanted == 'D' && client->full_jid == kBob + "/full") ||
        (wanted == 'M' && (clients.size() == 1 || client->full_jid == kBob + "/top")) ||
        (wanted == 'A' && client->priority >= 0);
    EXPECT_EQ(client->in.size(), hit ? 1u : 0u) << client->full_jid;
    for (const std::string& line : client->in) {  // `to` is never rewritten (§8.5.2.1.1)
      EXPECT_NE(line.find(" to=" + to + " hello"), std::string::npos) << line;
    }
  }
}

TEST(Routing, MessagesFollowTableOne) {
  for (const engine::ShardId shards : {1, 2}) {
    for (const Row& row : kTable) {
      const std::pair<T, char> types[] = {{T::normal, row.normal},
                                          {T::chat, row.chat},
                                          {T::groupchat, row.groupchat},
                                          {T::headline, row.headline},
                                          {T::error, row.error}};
      for (const auto& [type, wanted] : types) {
        SCOPED_TRACE(std::string(row.situation) + " " + row.address + " " +
                     std::string(im::type_name(type)) + " shards " + std::to_string(shards));
        World world(shards);
        world.account("anna0@here");
        Client& anna = world.join(kAnna);
        const std::vector<Client*> clients = set_up(world, row.situation);
        for (Client* client : clients) client->take();
        const std::string address = row.address;
        const std::string to = address == "bare" ? kBob : kBob + "/" + address;
        anna.message(to, "hello", type);
        expect(world, clients, anna, wanted, to);
      }
    }
  }
}

TEST(Routing, WithOfflineStorageOffTheSenderIsTold) {
  im::Options options;
  options.offline = im::OfflinePolicy::bounce;
  World world(1, options);
  world.account("anna0@here");
  world.account(kBob);
  Client& anna = world.join(kAnna);
  anna.message(kBob, "hello");
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=" + kBob + " to=" + kAnna + " service-unavailable"}));
}

TEST(Routing, MessageToNobodyInParticularIsForOneself) {
  World world(1);
  world.account("anna0@here");
  Client& anna = world.join(kAnna);
  Client& other = world.join("anna0@here/b");
  other.available(1);
  anna.available(0);
  anna.take();
  other.take();
  anna.message("", "note");
  EXPECT_TRUE(anna.in.empty());
  EXPECT_EQ(other.take(), (Lines{"message chat from=" + kAnna + " to=anna0@here note"}));
}

TEST(Routing, ElsewhereAndTheServerItselfAnswerWithErrors) {
  World world(1);
  world.account("anna0@here");
  Client& anna = world.join(kAnna);
  anna.message("x@far.away", "hello");
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=x@far.away to=" + kAnna + " remote-server-not-found"}));
  anna.iq(T::get, "far.away");
  EXPECT_EQ(anna.take(),
            (Lines{"iq error from=far.away to=" + kAnna + " id=q remote-server-not-found"}));
  anna.iq(T::get, "here");
  EXPECT_EQ(anna.take(), (Lines{"iq error from=here to=" + kAnna + " id=q service-unavailable"}));
  anna.message("here", "hello");
  EXPECT_EQ(anna.take().size(), 1u);
  anna.iq(T::result, "far.away");
  anna.iq(T::error, "here");
  anna.message("x@far.away", "hello", T::error);
  EXPECT_TRUE(anna.in.empty());
}

struct IqRow {
  T type;
  const char* to;
  const char* id;
  bool friends;
  bool delivered;    // to Bob's resource
  const char* back;  // "", "result" or "error"
};

TEST(Routing, IqsReachOnlyWhomTheyMay) {
  const IqRow rows[] = {
      // §8.5.3.1: to strangers a resource that is there looks like none
      {T::get, "bob1@here/full", "q", false, false, "error"},
      {T::set, "bob1@here/full", "q", false, false, "error"},
      {T::get, "bob1@here/full", "q", true, true, ""},
      {T::set, "bob1@here/full", "q", true, true, ""},
      {T::result, "bob1@here/full", "q", false, true, ""},
      {T::error, "bob1@here/full", "q", false, true, ""},
      // §8.5.3.2.3
      {T::get, "bob1@here/other", "q", true, false, "error"},
      {T::result, "bob1@here/other", "q", true, false, ""},
      // §8.5.2.1.3: the server answers for the account, or says that it cannot
      {T::get, "bob1@here", "known", false, false, "result"},
      {T::set, "bob1@here", "q", true, false, "error"},
      {T::result, "bob1@here", "q", true, false, ""},
      // §8.5.1: an absent account looks the same as one that keeps to itself
      {T::get, "nobody1@here", "known", false, false, "error"},
      {T::get, "nobody1@here/x", "q", false, false, "error"},
      {T::result, "nobody1@here/x", "q", false, false, ""},
  };
  for (const engine::ShardId shards : {1, 2}) {
    for (const IqRow& row : rows) {
      SCOPED_TRACE(std::string(im::type_name(row.type)) + " to " + row.to);
      World world(shards);
      world.account("anna0@here");
      world.account(kBob);
      if (row.friends) world.befriend("anna0@here", kBob);
      Client& anna = world.join(kAnna);
      Client& bob = world.join(kBob + "/full");
      anna.iq(row.type, row.to, row.id);
      EXPECT_EQ(bob.in.size(), row.delivered ? 1u : 0u);
      const std::string back = row.back;
      if (back.empty()) {
        EXPECT_TRUE(anna.in.empty()) << anna.in.front();
      } else {
        ASSERT_EQ(anna.in.size(), 1u);
        EXPECT_EQ(anna.in[0].rfind("iq " + back + " from=" + row.to, 0), 0u) << anna.in[0];
      }
    }
  }
}

TEST(Routing, DirectedPresenceOpensTheWayForIqs) {
  World world(2);
  world.account("anna0@here");
  world.account(kBob);
  Client& anna = world.join(kAnna);
  Client& bob = world.join(kBob + "/full");
  bob.presence(T::available, kAnna);
  anna.take();
  anna.iq(T::get, kBob + "/full");
  EXPECT_EQ(bob.in.size(), 1u);
  EXPECT_TRUE(anna.in.empty());
  bob.presence(T::unavailable, kAnna);
  anna.take();
  anna.iq(T::get, kBob + "/full");
  EXPECT_EQ(bob.in.size(), 1u);
  EXPECT_EQ(anna.in.size(), 1u);
}

TEST(Routing, MessagesCarryOneStanzaIdOfTheirAccount) {
  struct Ids final : im::Resource {
    void deliver(const im::Stanza& stanza, engine::Turn&) override {
      std::string xml;
      im::write(stanza, stanza.to, "b@here", xml);
      written.push_back(xml.substr(xml.find("<body/>")));
      im::pack(stanza, packed.emplace_back());
    }
    void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
    void push_blocking(bool, const std::vector<std::string>&, engine::Turn&) override {}
    void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
    void end(im::Farewell, engine::Turn&) override {}
    std::vector<std::string> written;
    std::vector<std::string> packed;
  };
  struct Bound final : im::Realm::Binding {
    void bound(im::BindResult, engine::Turn&) override {}
  };
  World world(1);
  world.account("anna0@here");
  world.account("b@here");
  Client& anna = world.join(kAnna);
  Ids b;
  Bound bound;
  b.full_jid = "b@here/r";
  world.on(0, [&](engine::Turn& turn) { world.realm(0).bind(b, bound, turn); });
  for (int i = 0; i < 3; ++i) anna.message("b@here/r", "<body/>");
  ASSERT_EQ(b.written.size(), 3u);
  for (const std::string& text : b.written) {
    EXPECT_EQ(text.rfind("<body/><stanza-id xmlns='urn:xmpp:sid:0' id='", 0), 0u) << text;
    EXPECT_NE(text.find("' by='b@here'/>"), std::string::npos);
  }
  EXPECT_LT(b.written[0].substr(0, 61), b.written[1].substr(0, 61));  // they grow
  // Handed back by a session that ended, a message keeps its id.
  im::Stanza again;
  ASSERT_TRUE(im::unpack(b.packed[0], again));
  world.on(0, [&](engine::Turn& turn) { world.realm(0).returned("b@here", again, turn); });
  EXPECT_EQ(b.written.back(), b.written.front());
  world.on(0, [&](engine::Turn& turn) { world.realm(0).unbind(b, turn); });
}

TEST(Routing, RefusedMailIsAnsweredResourceConstraint) {
  World world(2);
  world.account("anna0@here");
  world.account(kBob);
  Client& anna = world.join(kAnna);
  world.manual = true;
  anna.iq(T::get, kBob);
  anna.message(kBob, "hello");
  anna.iq(T::result, kBob);
  auto& waiting = world.mail[{0, 1}];
  ASSERT_EQ(waiting.size(), 3u);
  EXPECT_EQ(waiting[0]->overflow, engine::OverflowPolicy::refuse);
  EXPECT_EQ(waiting[1]->overflow, engine::OverflowPolicy::hold);
  EXPECT_EQ(waiting[2]->overflow, engine::OverflowPolicy::hold);
  for (const engine::EnvelopePtr& envelope : waiting) {
    world.on(0, [&](engine::Turn& turn) { world.realm(0).on_refused(*envelope, turn); });
  }
  EXPECT_EQ(anna.take(),
            (Lines{"iq error from=" + kBob + " to=" + kAnna + " id=q resource-constraint",
                   "message error from=" + kBob + " to=" + kAnna + " resource-constraint"}));
}

}  // namespace
}  // namespace im_test
