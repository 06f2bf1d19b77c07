#include "protocols/gateway/parties.h"

#include <gtest/gtest.h>

#include "tests/protocols/gateway/messages_world.h"

namespace gateway {
namespace {

// What a request `from` there and `to` there is answered, and who they are.
uint16_t read(MessagesWorld& world, base::Bytes from, base::Bytes to, Parties& out,
              base::Bytes account = {}, base::Bytes source = "192.0.2.1", base::Bytes field = {}) {
  std::string bytes = page(from, to);
  bytes.insert(bytes.find("Call-ID"), field);
  sip::Message message;
  sip::Essentials essentials;
  sip::Fault fault = sip::Fault::none;
  EXPECT_TRUE(message.index_datagram(bytes) && sip::read_essentials(message, essentials, fault));
  sip::Flow flow;
  flow.remote = base::parse_address(source, 5060);
  engine::Turn turn = world.turn();
  const sip::Received request{message, essentials, {}, flow, account};
  return read_parties(request, world.realm->options(), *world.service, turn, out);
}

TEST(Parties, OfAPeerWriteToUsersOfOursAndForTheirOwnDomainAlone) {
  MessagesWorld world;
  Parties parties;
  EXPECT_EQ(read(world, "carol@sip.example", "bob@192.0.2.99", parties), 0);
  EXPECT_EQ(parties.from, "carol@sip.example");
  EXPECT_EQ(parties.to, "bob@xmpp.example");
  EXPECT_EQ(read(world, "carol@sip.example", "dave@sip.example", parties), 404);
  EXPECT_EQ(read(world, "carol@sip.example", "xmpp.example", parties), 404);
  EXPECT_EQ(read(world, "alice@xmpp.example", "bob@xmpp.example", parties), 403);
  EXPECT_EQ(read(world, "carol@sip.example", "bob@xmpp.example", parties, {}, "192.0.2.2"), 403);
}

TEST(Parties, WhatAnotherNodePassesOnIsWhoseItSays) {
  MessagesWorld world;
  Parties parties;
  const base::Bytes node = "192.0.2.10";
  const auto read_from = [&](base::Bytes source, base::Bytes field) {
    return read(world, "carol@sip.example", "bob@xmpp.example", parties, {}, source, field);
  };
  EXPECT_EQ(read_from(node, "Rollcall-Origin: udp 192.0.2.1 5060 0\r\n"), 0);
  EXPECT_EQ(read_from(node, "Rollcall-Origin: tcp 192.0.2.7 5060 1\r\n"), 0) << "by certificate";
  EXPECT_EQ(read_from(node, "Rollcall-Origin: udp 192.0.2.2 5060 0\r\n"), 403);
  EXPECT_EQ(read_from(node, ""), 403) << "a node has no users of that domain";
  EXPECT_EQ(read_from("192.0.2.2", "Rollcall-Origin: udp 192.0.2.1 5060 0\r\n"), 403);
}

TEST(Parties, UsersOfOursWriteToEverybodyThereIsAWayTo) {
  MessagesWorld world;
  Parties parties;
  EXPECT_EQ(read(world, "a@b", "carol@sip.example", parties, "alice@xmpp.example"), 0);
  EXPECT_EQ(parties.from, "alice@xmpp.example");
  EXPECT_EQ(parties.to, "carol@sip.example");
  EXPECT_EQ(read(world, "a@b", "bob@xmpp.example", parties, "alice@xmpp.example"), 0);
  EXPECT_EQ(read(world, "a@b", "carol@nowhere.example", parties, "alice@xmpp.example"), 404);
}

}  // namespace
}  // namespace gateway
