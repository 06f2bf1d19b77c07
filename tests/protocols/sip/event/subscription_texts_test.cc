#include "protocols/sip/event/subscription_texts.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

constexpr base::Bytes kTag = "00c0ffee00c0ff";

Dialog example() {
  Dialog dialog;
  dialog.call_id = "call@pc";
  dialog.local = "<sip:alice@xmpp.example>;tag=00c0ffee00c0ff";
  dialog.remote = "<sip:bob@sip.example>;tag=theirs";
  dialog.local_tag = kTag;
  dialog.remote_tag = "theirs";
  dialog.remote_target = "sip:192.0.2.1:5070";
  return dialog;
}

// The size of its block.
size_t expect_back(const Dialog& dialog, base::Bytes identity, base::Bytes event_id) {
  std::string block;
  pack_texts(dialog, identity, event_id, block);
  EXPECT_EQ(identity_of(block), identity);
  EXPECT_EQ(event_id_of(block), event_id);
  Dialog back;
  back.local = back.remote = back.remote_target = back.routes = back.remote_tag = "of another one";
  read_dialog(block, kTag, back);
  EXPECT_EQ(back.call_id, dialog.call_id);
  EXPECT_EQ(back.local, dialog.local);
  EXPECT_EQ(back.remote, dialog.remote);
  EXPECT_EQ(back.local_tag, dialog.local_tag);
  EXPECT_EQ(back.remote_tag, dialog.remote_tag);
  EXPECT_EQ(back.remote_target, dialog.remote_target);
  EXPECT_EQ(back.routes, dialog.routes);
  return block.size();
}

TEST(SubscriptionTexts, UsualAddressesTakeLittleMoreThanWhatIsTheirOwn) {
  const Dialog dialog = example();
  const std::string own =
      "call@pc"
      "alice@xmpp.example"
      "bob@sip.example"
      "theirs"
      "192.0.2.1:5070";
  EXPECT_LE(expect_back(dialog, "bob@sip.example", ""), own.size() + 7);
}

TEST(SubscriptionTexts, OthersComeBackAsTheyWere) {
  Dialog dialog = example();
  expect_back(dialog, "bob@elsewhere.example", "7");
  dialog.remote = "\"Bob\" <sip:bob;x=y@sip.example>;tag=theirs";
  dialog.local = "\"A <sip:b>;tag=\" <sips:alice@xmpp.example>;tag=00c0ffee00c0ff";
  dialog.remote_target = "sips:bob@192.0.2.1;ob";
  dialog.routes = "<sip:proxy;lr>, <sip:edge;lr>";
  expect_back(dialog, "bob@sip.example", "an-id");
  dialog.remote = "<sip:bob@sip.example>";
  dialog.remote_tag.clear();
  dialog.remote_target = "sip:";
  dialog.local = "<sip:a>;tag=00c0ffee00c0ff";
  expect_back(dialog, "bob@sip.example", "");
}

TEST(SubscriptionTexts, AContactOfTheSameUserTakesItsHostAlone) {
  Dialog dialog = example();
  const size_t host_alone = expect_back(dialog, "bob@sip.example", "");
  for (const base::Bytes transport : {";transport=tcp", ";transport=udp", ";transport=tls"}) {
    dialog.remote_target = "sip:bob@192.0.2.1:5070" + std::string(transport);
    EXPECT_EQ(expect_back(dialog, "bob@sip.example", ""), host_alone);
  }
  for (const base::Bytes target :
       {"sip:bobby@192.0.2.1:5070;transport=sctp", "sip:bob@", "sip:;transport=tcp", "sip:bob",
        "bob@192.0.2.1", "sip:bob@192.0.2.1;transport=tcp;ob", "sip:bob@;transport=tcp"}) {
    dialog.remote_target = target;
    expect_back(dialog, "bob@sip.example", "");
    expect_back(dialog, "sip.example", "");
  }
}

TEST(SubscriptionTexts, LongOnesToo) {
  Dialog dialog = example();
  dialog.call_id.assign(127, 'c');
  expect_back(dialog, "bob@sip.example", std::string(128, 'e'));
  dialog.call_id.assign(128, 'c');
  dialog.remote_target = "sip:" + std::string(3000, 't');
  expect_back(dialog, std::string(1000, 'i'), "");
}

}  // namespace
}  // namespace sip
