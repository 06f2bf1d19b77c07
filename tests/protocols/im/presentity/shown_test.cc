#include "protocols/im/presentity/shown.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/protocols/im/presentity/stage.h"

namespace im_test {
namespace {

using A = im::Activity;
using L = im::LineState;

struct Case {
  void client(im::Availability show, base::Bytes note = {}) {
    im::Report report;
    report.kind = im::SourceKind::resource;
    report.has_show = true;
    report.show = show;
    report.note = note;
    all.add(report);
    clients.add(report);
  }
  std::string text() const {
    std::string packed;
    im::show("alice@here", all, clients, how, packed);
    if (packed.empty()) return {};
    im::Stanza stanza;
    EXPECT_TRUE(im::unpack(packed, stanza));
    EXPECT_TRUE(stanza.to.empty());
    std::string out;
    im::write(stanza, {}, {}, out);
    return out;
  }

  im::CompositionRules rules;
  im::ShownPresence how;
  im::Composer all{rules};
  im::Composer clients{rules};
};

TEST(Shown, NothingWhereTheClientsSayItAll) {
  Case one;
  EXPECT_EQ(one.text(), "");
  one.client(im::Availability::available, "here");
  EXPECT_EQ(one.text(), "");
  one.all.add(published(im::Basic::open, {}, "sip"));
  one.all.add(line(L::idle));
  EXPECT_EQ(one.text(), "");
}

TEST(Shown, ThePhoneIsOneMoreResource) {
  Case one;
  one.client(im::Availability::available, "here");
  one.all.add(line(L::busy));
  EXPECT_EQ(one.text(),
            "<presence from='alice@here/phone'><show>dnd</show><status>On the phone</status>"
            "<priority>127</priority></presence>");
  one.how.busy_as_away = true;
  one.how.lang = "de";
  one.how.on_the_phone = "Am <Telefon>";
  one.how.resource = "fon";
  one.how.priority = -1;
  EXPECT_EQ(one.text(),
            "<presence from='alice@here/fon' xml:lang='de'><show>away</show>"
            "<status>Am &lt;Telefon&gt;</status><priority>-1</priority></presence>");
}

TEST(Shown, TextsOfEveryClaim) {
  const auto text = [](const im::Report& report) {
    Case one;
    one.all.add(report);
    const std::string whole = one.text();
    const std::string head = "<presence from='alice@here/phone'>";
    const std::string tail = "<priority>127</priority></presence>";
    if (!whole.starts_with(head) || !whole.ends_with(tail)) return whole;
    return whole.substr(head.size(), whole.size() - head.size() - tail.size());
  };
  constexpr auto kOpen = im::Basic::open;
  EXPECT_EQ(text(published(kOpen)), "");
  EXPECT_EQ(text(published(kOpen, {A::busy})), "<show>dnd</show><status>Busy</status>");
  EXPECT_EQ(text(published(kOpen, {A::meeting})), "<show>dnd</show><status>In a meeting</status>");
  EXPECT_EQ(text(published(kOpen, {A::do_not_disturb})),
            "<show>dnd</show><status>Do not disturb</status>");
  EXPECT_EQ(text(published(kOpen, {A::away})), "<show>away</show>");
  EXPECT_EQ(text(published(kOpen, {A::vacation}, "Rome")), "<show>xa</show><status>Rome</status>");
  EXPECT_EQ(text(published(kOpen, {A::meeting}, "board")),
            "<show>dnd</show><status>board</status>");
}

}  // namespace
}  // namespace im_test
