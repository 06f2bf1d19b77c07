#include "protocols/gateway/registration.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

struct Read {
  uint16_t status = 0;
  Registration wish;
};

Read read(base::Bytes lines) {
  std::string text = "REGISTER sip:example.org SIP/2.0\r\n";
  text.append(lines).append("Content-Length: 0\r\n\r\n");
  sip::Message message;
  EXPECT_TRUE(message.index_datagram(text));
  Read out;
  out.status = read_registration(message, out.wish);
  return out;
}

TEST(Registration, HasContactsEachWithItsTime) {
  const Read one = read(
      "Contact: <sip:a@192.0.2.1;transport=tcp>;q=0.7, <sip:b@192.0.2.2>;expires=90\r\n"
      "Contact: sip:c@192.0.2.3;expires=0\r\nExpires: 600\r\n");
  ASSERT_EQ(one.status, 0);
  ASSERT_EQ(one.wish.contacts.size(), 3u);
  EXPECT_EQ(one.wish.contacts[0].uri, "sip:a@192.0.2.1;transport=tcp");
  EXPECT_EQ(one.wish.contacts[0].q, 700);
  EXPECT_EQ(one.wish.contacts[0].seconds, 600u);
  EXPECT_EQ(one.wish.contacts[1].seconds, 90u);
  EXPECT_EQ(one.wish.contacts[2].seconds, 0u);
}

TEST(Registration, IsNeitherTooShortNorTooLong) {
  EXPECT_EQ(read("Contact: <sip:a@b>\r\nExpires: 59\r\n").status, 423);
  EXPECT_EQ(read("Contact: <sip:a@b>;expires=1\r\nExpires: 600\r\n").status, 423);
  const Read longest = read("Contact: <sip:a@b>;expires=4000000000\r\n");
  EXPECT_EQ(longest.wish.contacts.at(0).seconds, Registration::kExpiresMax);
  const Read unsaid = read("Contact: <sip:a@b>\r\n");
  EXPECT_EQ(unsaid.wish.contacts.at(0).seconds, Registration::kExpiresMax);
}

TEST(Registration, EndsAllWithAStarAlone) {
  const Read star = read("Contact: *\r\nExpires: 0\r\n");
  EXPECT_EQ(star.status, 0);
  EXPECT_TRUE(star.wish.all_go && star.wish.contacts.empty());
  EXPECT_EQ(read("Contact: *\r\nExpires: 60\r\n").status, 400);
  EXPECT_EQ(read("Contact: *\r\n").status, 400);
  EXPECT_EQ(read("Contact: *, <sip:a@b>\r\nExpires: 0\r\n").status, 400);
}

TEST(Registration, AsksOnlyWithoutContacts) {
  const Read query = read("");
  EXPECT_EQ(query.status, 0);
  EXPECT_TRUE(query.wish.contacts.empty() && !query.wish.all_go);
}

TEST(Registration, IsOfSipUris) {
  EXPECT_EQ(read("Contact: <mailto:a@b>\r\n").status, 400);
  EXPECT_EQ(read("Contact: <sip:a@b\r\n").status, 400);
}

TEST(Registration, DatesAreThoseOfHttp) {
  std::string text;
  append_date({784111777000000}, text);
  EXPECT_EQ(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace gateway
