#include "protocols/sip/address.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/random.h"

namespace sip {
namespace {

std::string sip_of(base::Bytes text) {
  std::string scratch;
  jid::JidView view;
  if (!jid::parse(text, scratch, view)) return "no JID";
  std::string out;
  write_sip_uri(view, out);
  return out;
}

std::string jid_of(base::Bytes text) {
  sip::Uri uri;
  if (!sip::parse_uri(text, uri)) return "no URI";
  std::string scratch = "of another before";
  jid::JidView out;
  return parse_jid(uri, scratch, out) ? std::string(out.full()) : "none";
}

struct Row {
  base::Bytes jid;
  base::Bytes sip;
};
// RFC 7247 §3's own examples first.
constexpr Row kRows[] = {
    {"f\xC3\xBC@sip.example", "sip:f%C3%BC@sip.example"},
    {"o\\27malley@xmpp.example", "sip:o'malley@xmpp.example"},
    {"m\\26m@xmpp.example", "sip:m&m@xmpp.example"},
    {"baz@x.example/qux", "sip:baz@x.example;gr=qux"},
    {"tschuss@xmpp.example", "sip:tschuss@xmpp.example"},
    {"juliet@example.com/balcony", "sip:juliet@example.com;gr=balcony"},
    {"a\\2fb@x.example", "sip:a/b@x.example"},
    {"a#%[\\]^`{|}b@x.example", "sip:a%23%25%5B%5C%5D%5E%60%7B%7C%7Db@x.example"},
    {"a\\20b@x.example", "sip:a%20b@x.example"},
    {"a\\40c@x.example", "sip:a%40c@x.example"},
    {"a\\5c26b@x.example", "sip:a%5C26b@x.example"},
    {"a\\b@x.example", "sip:a%5Cb@x.example"},
    {"x.example", "sip:x.example"},
    {"a@x.example/b c;d", "sip:a@x.example;gr=b%20c%3Bd"},
    {"+4930123@x.example", "sip:+4930123@x.example"},
};

TEST(Address, EveryRowBothWays) {
  for (const Row& row : kRows) {
    EXPECT_EQ(sip_of(row.jid), row.sip);
    EXPECT_EQ(jid_of(row.sip), row.jid);
  }
}

TEST(Address, FromSipOnly) {
  EXPECT_EQ(jid_of("pres:Juliet@Example.COM"), "juliet@example.com");
  EXPECT_EQ(jid_of("im:juliet@example.com"), "juliet@example.com");
  EXPECT_EQ(jid_of("sip:juliet:secret@example.com:5070;transport=tcp?subject=x"),
            "juliet@example.com");
  EXPECT_EQ(jid_of("sip:juliet@example.com;gr=%C3%A4;x=y"), "juliet@example.com/\xC3\xA4");
  EXPECT_EQ(jid_of("sip:juliet@example.com;gr"), "juliet@example.com");
}

TEST(Address, WhatHasNoJid) {
  EXPECT_EQ(jid_of("sips:juliet@example.com"), "none");  // RFC 7247 §3: must not be
  EXPECT_EQ(jid_of("tel:+4930123"), "none");
  EXPECT_EQ(jid_of("http://example.com/"), "none");
  EXPECT_EQ(jid_of("sip:%FF@example.com"), "none");  // no UTF-8
  EXPECT_EQ(jid_of("sip:a%00b@example.com"), "none");
  EXPECT_EQ(jid_of("sip:a@example.com;gr=%FF"), "none");
  EXPECT_EQ(jid_of("sip:" + std::string(1024, 'a') + "@example.com"), "none");
  EXPECT_EQ(jid_of("sip:a@exa_mple..com"), "none");
}

// Whatever a SIP user is called: his JID leads back to him, and to nobody else.
TEST(Address, EveryUserComesBack) {
  base::Prng random(7247);
  static constexpr base::Bytes kBytes = "ab012 \"&'/:<>@\\%#?;,=+$.-_~(){}|^`[]";
  int mapped = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string user;
    for (uint64_t n = 1 + random.below(8); n > 0; --n) {
      user.push_back(kBytes[random.below(kBytes.size())]);
    }
    std::string uri_text = "sip:";
    sip::escape_user(user, uri_text);
    uri_text += "@x.example";
    const std::string jid = jid_of(uri_text);
    if (jid == "none") continue;
    ++mapped;
    sip::Uri uri;
    const std::string back = sip_of(jid);
    ASSERT_TRUE(sip::parse_uri(back, uri)) << back;
    std::string again;
    ASSERT_TRUE(sip::unescape(uri.user, again));
    ASSERT_EQ(again, user) << jid;
  }
  EXPECT_GT(mapped, 4000);
}

}  // namespace
}  // namespace sip
