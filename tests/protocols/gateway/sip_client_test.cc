#include "protocols/gateway/sip_client.h"

#include "tests/protocols/gateway/registrar_world.h"

namespace gateway {
namespace {

using World = RegistrarWorld;

TEST(SipClient, GetsMessagesWithoutAWordAboutPresence) {
  World world;
  world.sign_up();
  world.write();
  EXPECT_TRUE(world.heard("MESSAGE sip:alice@192.0.2.1:5066 SIP/2.0\r\n"));
  EXPECT_TRUE(world.heard("To: <sip:alice@example.org>\r\n"));
  EXPECT_TRUE(world.heard("\r\n\r\nhello"));
  EXPECT_EQ(world.kept(im::EntryKind::message), 1u);
  world.respond(200);
  EXPECT_EQ(world.kept(im::EntryKind::message), 0u);
  EXPECT_FALSE(world.realm->find_user("alice@example.org")->any_available());
}

TEST(SipClient, ThatDoesNotAnswerGetsNoMoreUntilItRegistersAgain) {
  World world;
  world.sign_up();
  world.write();
  world.advance(base::Duration::seconds(33));
  EXPECT_TRUE(world.asked_for(im::StoreKind::append_offline));
  EXPECT_EQ(world.kept(im::EntryKind::message), 0u) << "the store has it";
  const size_t before = world.sent.size();
  world.write("more");
  EXPECT_EQ(world.sent.size(), before);
  world.sign_up();
  EXPECT_TRUE(world.asked_for(im::StoreKind::load_offline));
}

TEST(SipClient, ThatIsBusyLosesNothing) {
  World world;
  world.sign_up();
  world.write();
  world.respond(480);
  EXPECT_TRUE(world.asked_for(im::StoreKind::append_offline));
}

TEST(SipClient, MayRefuseAMessageWhichItsSenderIsTold) {
  World world;
  world.sign_up();
  world.write();
  world.respond(606);
  EXPECT_FALSE(world.asked_for(im::StoreKind::append_offline));
  world.write(std::string(1300, 'x'));
  EXPECT_EQ(world.sent.size(), 2u) << "too long for a datagram";
  world.advance(base::Duration::milliseconds(200));
  world.write("goes on");
  EXPECT_TRUE(world.heard("goes on"));
}

}  // namespace
}  // namespace gateway
