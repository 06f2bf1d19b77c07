#include "protocols/sip/event/packed_dialog.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

Dialog example() {
  Dialog dialog;
  dialog.call_id = "call@pc";
  dialog.local = "<sip:alice@xmpp.example>;tag=ours";
  dialog.remote = "<sip:bob;tag=x@sip.example>;tag=theirs";
  dialog.local_tag = "ours";
  dialog.remote_tag = "theirs";
  dialog.remote_target = "sip:192.0.2.1:5070";
  dialog.routes = "<sip:proxy;lr>, <sip:edge;lr>";
  return dialog;
}

TEST(PackedDialog, ComesBackAsItWas) {
  for (const bool tagged : {true, false}) {
    Dialog dialog = example();
    if (!tagged) {
      dialog.remote = "<sip:bob;tag=x@sip.example>";
      dialog.remote_tag.clear();
    }
    std::string packed;
    pack_dialog(dialog, packed);
    Dialog back;
    ASSERT_TRUE(unpack_dialog(packed, back));
    EXPECT_EQ(back.call_id, dialog.call_id);
    EXPECT_EQ(back.local, dialog.local);
    EXPECT_EQ(back.remote, dialog.remote);
    EXPECT_EQ(back.local_tag, dialog.local_tag);
    EXPECT_EQ(back.remote_tag, dialog.remote_tag);
    EXPECT_EQ(back.remote_target, dialog.remote_target);
    EXPECT_EQ(back.routes, dialog.routes);
  }
}

TEST(PackedDialog, WhatIsCutIsNone) {
  Dialog dialog = example();
  dialog.routes.clear();
  std::string packed;
  pack_dialog(dialog, packed);
  Dialog back;
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(unpack_dialog(packed.substr(0, size), back)) << size;
  }
}

}  // namespace
}  // namespace sip
