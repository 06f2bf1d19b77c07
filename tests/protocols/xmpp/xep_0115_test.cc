// The examples of XEP-0115 §5.2 and §5.3, and our own hash against our own disco#info.
#include "protocols/xmpp/xep/disco_info.h"
#include "tests/protocols/xmpp/xep_fixture.h"

namespace xmpp::xep {
namespace {

const std::vector<std::string> kExampleFeatures = {
    "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/muc", "http://jabber.org/protocol/caps"};

TEST(EntityCapabilities, SimpleExampleOfTheSpecification) {
  DiscoInfo info;
  info.identities = {{"client", "pc", "", "Exodus 0.9.1"}};
  info.features = kExampleFeatures;
  EXPECT_EQ(verification_string(info), "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

TEST(EntityCapabilities, ComplexExampleOfTheSpecification) {
  DiscoInfo info;
  info.identities = {{"client", "pc", "en", "Psi 0.11"}, {"client", "pc", "el", "Ψ 0.11"}};
  info.features = kExampleFeatures;
  info.forms = {{"urn:xmpp:dataforms:softwareinfo",
                 {{"software_version", "", {"0.11"}},
                  {"ip_version", "text-multi", {"ipv4", "ipv6"}},
                  {"os", "", {"Mac"}},
                  {"os_version", "", {"10.5.1"}},
                  {"software", "", {"Psi"}}}}};
  EXPECT_EQ(verification_string(info), "q07IKJEyjvHSyhy//CH0CxmKi8w=");
}

TEST(EntityCapabilities, HashFollowsWhatIsSwitchedOn) {
  Options options;
  options.im = std::make_shared<im::Options>();
  const std::string before = verification_string(host_info(options));
  options.contacts = {{"abuse-addresses", {"xmpp:abuse@host"}}};
  const std::string with_contacts = verification_string(host_info(options));
  EXPECT_NE(before, with_contacts);
  options.registration = true;
  EXPECT_NE(with_contacts, verification_string(host_info(options)));
}

class Capabilities : public XepTest {};

TEST_F(Capabilities, NodeInTheStreamFeatureIsTheNodeThatIsAnswered) {
  std::string feature;
  entity_capabilities.stream_feature(options, feature);
  const size_t node = feature.find("node='") + 6;
  const size_t ver = feature.find("ver='") + 5;
  const std::string name = feature.substr(node, feature.find('\'', node) - node) + '#' +
                           feature.substr(ver, feature.find('\'', ver) - ver);
  const std::string info =
      ask(service_discovery, IqKind::get, To::host,
          "<query xmlns='http://jabber.org/protocol/disco#info' node='" + name + "'/>");
  const std::string whole = ask(service_discovery, IqKind::get, To::host,
                                "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  EXPECT_EQ(info.substr(info.find("<identity")), whole.substr(whole.find("<identity")));
  EXPECT_NE(info.find(" node='" + name + "'"), std::string::npos);
}

TEST_F(Capabilities, AnOldHashIsAnUnknownNode) {
  for (const char* node : {"urn:rollcall:server#AAAA", "urn:rollcall:server", "urn:rollcall:serve",
                           "urn:rollcall:server/x", "x"}) {
    EXPECT_EQ(ask(service_discovery, IqKind::get, To::host,
                  std::string("<query xmlns='http://jabber.org/protocol/disco#info' node='") +
                      node + "'/>"),
              "error item-not-found")
        << node;
  }
}

TEST_F(Capabilities, ContactsAreAFormOfSortedValues) {
  options.contacts = {{"admin-addresses", {"mailto:<a&b>@host"}}};
  const std::string info = ask(service_discovery, IqKind::get, To::host,
                               "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  EXPECT_NE(info.find("<x xmlns='jabber:x:data' type='result'>"
                      "<field var='FORM_TYPE' type='hidden'>"
                      "<value>http://jabber.org/network/serverinfo</value></field>"
                      "<field var='admin-addresses' type='list-multi'>"
                      "<value>mailto:&lt;a&amp;b&gt;@host</value></field></x>"),
            std::string::npos)
      << info;
}

}  // namespace
}  // namespace xmpp::xep
