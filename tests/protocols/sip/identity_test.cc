#include "protocols/sip/identity.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

using Kind = engine::CertificateName::Kind;
using Names = std::vector<engine::CertificateName>;

std::string found(const std::vector<engine::CertificateName>& names) {
  std::string out;
  for (const std::string& one : sip_identities(names)) out += one + " ";
  return out;
}

TEST(Identity, UrisOfSipDomainsComeBeforeDnsNames) {
  EXPECT_EQ(found({{Kind::dns, "Gate.Example"}, {Kind::dns, "b.example"}}),
            "gate.example b.example ");
  EXPECT_EQ(found({{Kind::dns, "gate.example"}, {Kind::uri, "sip:Example.ORG"}}), "example.org ");
  EXPECT_EQ(found({{Kind::common_name, "old.example"}}), "old.example ");
  EXPECT_EQ(found({}), "");
}

TEST(Identity, UsersAndOtherSchemesAreNoDomains) {
  EXPECT_EQ(found({{Kind::uri, "sip:bob@example.org"},
                   {Kind::uri, "sips:example.org"},
                   {Kind::uri, "https://example.org"},
                   {Kind::uri, "?"},
                   {Kind::dns, "gate.example"}}),
            "gate.example ");
}

TEST(Identity, NamesAreMatchedWholeAndWithoutWildcards) {
  EXPECT_TRUE(identifies(Names{{Kind::dns, "GATE.example"}}, {"other.example", "gate.example"}));
  EXPECT_FALSE(identifies(Names{{Kind::dns, "*.example"}}, {"gate.example"}));
  EXPECT_FALSE(identifies(Names{{Kind::dns, "gate.example"}}, {"example"}));
  EXPECT_FALSE(identifies(Names{{Kind::dns, "gate.example"}}, {}));
  EXPECT_FALSE(identifies(Names{{Kind::dns, "gate.example"}, {Kind::uri, "sip:a.example"}},
                          {"gate.example"}))
      << "the URI says for which domain";
}

}  // namespace
}  // namespace sip
