#include "protocols/xmpp/forwarded.h"

#include <gtest/gtest.h>

#include <string>

namespace xmpp {
namespace {

im::Stanza message() {
  im::Stanza stanza;
  stanza.type = im::StanzaType::chat;
  stanza.from = jid::JidView::trusted("a@x/r");
  stanza.to = jid::JidView::trusted("b@x");
  stanza.id = "1";
  stanza.lang = "en";
  stanza.attributes = " xmlns:p='urn:p'";
  stanza.payload = "<p:y/>";
  return stanza;
}

TEST(Forwarded, TheMessageStandsInTheClientsNamespaceAsItWas) {
  std::string out = "before";
  write_forwarded(message(), {}, {}, out);
  EXPECT_EQ(out,
            "before<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
            "from='a@x/r' to='b@x' id='1' type='chat' xml:lang='en' xmlns:p='urn:p'><p:y/>"
            "</message></forwarded>");
}

TEST(Forwarded, TheTimeIsToldToTheMicrosecond) {
  std::string out;
  im::Stanza empty = message();
  empty.payload = {};
  write_forwarded(empty, {}, base::WallTime{1'700'000'000'000'001}, out);
  EXPECT_EQ(out,
            "<forwarded xmlns='urn:xmpp:forward:0'>"
            "<delay xmlns='urn:xmpp:delay' stamp='2023-11-14T22:13:20.000001Z'/>"
            "<message xmlns='jabber:client' from='a@x/r' to='b@x' id='1' type='chat' "
            "xml:lang='en' xmlns:p='urn:p'/></forwarded>");
}

}  // namespace
}  // namespace xmpp
