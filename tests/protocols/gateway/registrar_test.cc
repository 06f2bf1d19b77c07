#include "protocols/gateway/registrar.h"

#include "tests/protocols/gateway/registrar_world.h"

namespace gateway {
namespace {

using World = RegistrarWorld;

TEST(Registrar, AnswersWithAllContactsWhenTheAccountHasBeenRead) {
  World world;
  world.sign_up();
  EXPECT_EQ(world.status(), "200");
  EXPECT_TRUE(world.heard("Contact: <sip:alice@192.0.2.1:5066>;expires=600;q=1.000\r\n"));
  EXPECT_TRUE(world.heard("Date: "));
  world.sign_up("Contact: <sip:alice@192.0.2.9>;q=0.5\r\n");
  EXPECT_TRUE(world.heard("192.0.2.1") &&
              world.heard("<sip:alice@192.0.2.9>;expires=3600;q=0.500"));
  world.sign_up("");
  EXPECT_TRUE(world.heard("192.0.2.1") && world.heard("192.0.2.9")) << "who only asks";
}

TEST(Registrar, RefusesWhomItCannotBind) {
  World world;
  world.answers = im::StoreStatus::not_found;
  world.sign_up();
  EXPECT_EQ(world.status(), "503");
  world.answers = im::StoreStatus::ok;
  world.sign_up("");
  EXPECT_FALSE(world.heard("Contact: "));
}

TEST(Registrar, LetsNobodyRegisterForOthers) {
  World world;
  world.datagram(world.request("Contact: <sip:alice@192.0.2.1>\r\n", "bob"));
  EXPECT_EQ(world.status(), "403");
}

TEST(Registrar, EndsBindingsByRequestAndByTime) {
  World world;
  world.sign_up();
  EXPECT_EQ(world.kept(im::EntryKind::binding), 1u);
  world.sign_up("Contact: <sip:alice@192.0.2.1:5066>;expires=0\r\n");
  EXPECT_FALSE(world.heard("Contact: "));
  EXPECT_EQ(world.kept(im::EntryKind::binding), 0u);
  world.sign_up();
  world.sign_up("Contact: *\r\nExpires: 0\r\n");
  EXPECT_EQ(world.kept(im::EntryKind::binding), 0u);
  world.sign_up("Contact: <sip:alice@192.0.2.1:5066>\r\nExpires: 60\r\n");
  world.advance(base::Duration::seconds(61));
  EXPECT_EQ(world.kept(im::EntryKind::binding), 0u);
  world.sign_up("");
  EXPECT_FALSE(world.heard("Contact: "));
}

TEST(Registrar, RefusesWhatWasOvertakenAndWhatIsTooMuch) {
  World world;
  const std::string early = world.request("Contact: <sip:alice@192.0.2.1:5066>;expires=0\r\n");
  world.sign_up();
  world.datagram(early);
  EXPECT_EQ(world.status(), "500");
  for (size_t i = 1; i < Registrar::kClientsMax; ++i) {
    world.sign_up("Contact: <sip:alice@192.0.2.1:" + std::to_string(i) + ">\r\n");
    EXPECT_EQ(world.status(), "200");
  }
  world.sign_up("Contact: <sip:alice@192.0.2.1:99>\r\n");
  EXPECT_EQ(world.status(), "503");
  world.sign_up("Contact: <sip:alice@192.0.2.1:1>;expires=30\r\n");
  EXPECT_EQ(world.status(), "423");
  EXPECT_TRUE(world.heard("Min-Expires: 60\r\n"));
}

TEST(Registrar, BringsBackFromTheJournalWhoIsReachedByDatagram) {
  World world;
  world.sign_up();
  std::vector<engine::JournalEntry> entries;
  for (const auto& [key, entry] : world.log.entries) entries.push_back({key, entry.bytes, ""});
  ASSERT_EQ(entries.size(), 1u);
  World again;
  again.log.entries = world.log.entries;
  engine::Turn here = again.turn();
  again.registrar->on_recovered(entries, here);
  again.settle();
  again.advance(base::Duration::milliseconds(200));
  again.write();
  ASSERT_FALSE(again.sent.empty());
  EXPECT_TRUE(again.sent.back().starts_with("MESSAGE sip:alice@192.0.2.1:5066 SIP/2.0\r\n"));
  EXPECT_EQ(again.to.back(), base::parse_address("192.0.2.1", 5066));
  again.respond(200);
  EXPECT_EQ(again.kept(im::EntryKind::message), 0u);
  again.advance(base::Duration::seconds(600));
  EXPECT_EQ(again.kept(im::EntryKind::binding), 0u);
}

TEST(Registrar, ForgetsWhoseTimeWasOverWhileTheNodeWasDown) {
  World world;
  world.sign_up();
  std::vector<engine::JournalEntry> entries;
  for (const auto& [key, entry] : world.log.entries) entries.push_back({key, entry.bytes, ""});
  World again;
  again.log.entries = world.log.entries;
  again.wall.us += int64_t{601} * 1000000;
  engine::Turn here = again.turn();
  again.registrar->on_recovered(entries, here);
  EXPECT_EQ(again.kept(im::EntryKind::binding), 0u);
}

TEST(Registrar, ForgetsConnectionsWithTheirClients) {
  World world;
  engine::Turn here = world.turn();
  auto peer = world.service->accept({{7, 1}, 1, "192.0.2.1", 40000}, here);
  std::string text = world.request("Contact: <sip:alice@192.0.2.1:40000;transport=tcp>\r\n");
  text.insert(text.size() - 2, "Content-Length: 0\r\n");
  peer->on_bytes(text, here);
  world.settle();
  world.advance(base::Duration::milliseconds(200));
  EXPECT_EQ(world.status(), "200");
  EXPECT_EQ(world.kept(im::EntryKind::binding), 0u) << "there is no way to it after a crash";
  world.write();
  EXPECT_TRUE(world.heard("MESSAGE sip:alice@192.0.2.1:40000;transport=tcp SIP/2.0\r\n"));
  engine::Turn later = world.turn();
  peer->on_closed(engine::CloseReason::by_peer, later);
  peer.reset();
  world.advance(base::Duration::milliseconds(200));
  EXPECT_TRUE(world.asked_for(im::StoreKind::append_offline)) << "for when she is back";
  world.sign_up("");
  EXPECT_FALSE(world.heard("Contact: "));
}

}  // namespace
}  // namespace gateway
