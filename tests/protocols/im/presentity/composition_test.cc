#include "protocols/im/presentity/composition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/protocols/im/presentity/stage.h"

namespace im_test {
namespace {

using A = im::Activity;
using C = im::Claim;
using L = im::LineState;
constexpr auto kOpen = im::Basic::open;
constexpr auto kClosed = im::Basic::closed;
constexpr auto kUnknown = im::Basic::unknown;

im::Report client(im::Availability show, base::Bytes note = {}, uint16_t priority = 0) {
  im::Report report;
  report.kind = im::SourceKind::resource;
  report.has_show = true;
  report.show = show;
  report.note = note;
  report.tuples.emplace_back();
  report.tuples.back().basic = kOpen;
  report.tuples.back().priority = priority;
  return report;
}

im::Report line_with(im::Basic basic, std::vector<A> activities) {
  im::Report report = published(basic, std::move(activities));
  report.kind = im::SourceKind::line;
  return report;
}

im::Report idle(im::Report report) {
  report.idle = true;
  return report;
}

struct Row {
  im::Report report;
  C claim;
};

TEST(Claims, AreWhatTheTableSays) {
  const im::CompositionRules rules;
  const std::vector<Row> rows = {
      {client(im::Availability::available), C::available},
      {client(im::Availability::away), C::away},
      {client(im::Availability::extended_away), C::extended_away},
      {client(im::Availability::do_not_disturb), C::do_not_disturb},
      {published(kOpen), C::available},
      {published(kClosed), C::offline},
      {published(kUnknown), C::offline},
      {published(kUnknown, {A::available}), C::available},
      {published(kOpen, {A::unavailable}), C::offline},
      {published(kOpen, {A::do_not_disturb, A::on_the_phone}), C::do_not_disturb},
      {published(kOpen, {A::on_the_phone, A::meeting}), C::on_the_phone},
      {published(kClosed, {A::on_the_phone}), C::on_the_phone},
      {published(kOpen, {A::on_hold}), C::on_the_phone},
      {published(kOpen, {A::alerting}), C::available},
      {published(kOpen, {A::meeting}), C::meeting},
      {published(kOpen, {A::appointment, A::busy}), C::meeting},
      {published(kOpen, {A::presentation}), C::meeting},
      {published(kClosed, {A::busy}), C::busy},
      {published(kOpen, {A::away}), C::away},
      {published(kOpen, {A::lunch}), C::away},
      {published(kOpen, {A::vacation}), C::extended_away},
      {published(kOpen, {A::sleeping, A::away}), C::extended_away},
      {published(kOpen, {A::tv}), C::available},
      {idle(published(kOpen)), C::away},
      {line(L::idle), C::offline},
      {line(L::busy), C::on_the_phone},
      {line(L::on_hold), C::on_the_phone},
      {line(L::alerting), C::offline},
      {line(L::unknown), C::offline},
      {line_with(kClosed, {A::busy}), C::on_the_phone},
      {line_with(kOpen, {}), C::offline},
      {line_with(kOpen, {A::on_the_phone}), C::on_the_phone},
      {line_with(kOpen, {A::do_not_disturb}), C::do_not_disturb},
      {line_with(kOpen, {A::away}), C::offline},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(im::claim_of(row.report, rules), row.claim) << &row - rows.data();
  }
}

TEST(Claims, OfADeviceCountLikeThoseOfThePerson) {
  im::Report report = published(kOpen);
  report.tuples[0].activities.add(A::on_the_phone);
  EXPECT_EQ(im::claim_of(report, {}), C::on_the_phone);
}

TEST(Claims, RulesCanChangeThem) {
  im::CompositionRules rules;
  rules.alerting_is_on_the_phone = true;
  rules.hold_is_on_the_phone = false;
  rules.idle_line_is_available = true;
  EXPECT_EQ(im::claim_of(line(L::alerting), rules), C::on_the_phone);
  EXPECT_EQ(im::claim_of(line(L::on_hold), rules), C::offline);
  EXPECT_EQ(im::claim_of(published(kOpen, {A::on_hold}), rules), C::available);
  EXPECT_EQ(im::claim_of(line(L::idle), rules), C::available);
  EXPECT_EQ(im::claim_of(line_with(kOpen, {}), rules), C::available);
}

TEST(CompositionRules, AreCompleteWithEveryClaimOnceAndOfflineLast) {
  im::CompositionRules rules;
  EXPECT_TRUE(rules.complete());
  std::swap(rules.order[0], rules.order[3]);
  EXPECT_TRUE(rules.complete());
  std::swap(rules.order[0], rules.order[7]);
  EXPECT_FALSE(rules.complete());
  rules = {};
  rules.order[1] = rules.order[0];
  EXPECT_FALSE(rules.complete());
}

im::Composer compose(const std::vector<im::Report>& reports, const im::CompositionRules& rules) {
  im::Composer composer(rules);
  for (const im::Report& report : reports) composer.add(report);
  return composer;
}

TEST(Composer, NobodySaysAnything) {
  const im::CompositionRules rules;
  const im::Composer composer = compose({}, rules);
  EXPECT_EQ(composer.claim(), C::offline);
  EXPECT_EQ(composer.availability(), im::Availability::offline);
  EXPECT_TRUE(composer.activities().empty());
}

TEST(Composer, ThePhoneOutdoesTheClientAndIsToldAsAnActivity) {
  const im::CompositionRules rules;
  const im::Composer composer =
      compose({client(im::Availability::away, "tea"), line(L::busy)}, rules);
  EXPECT_EQ(composer.claim(), C::on_the_phone);
  EXPECT_EQ(composer.availability(), im::Availability::busy);
  EXPECT_EQ(composer.decisive(), im::SourceKind::line);
  EXPECT_TRUE(composer.activities().has(A::on_the_phone));
  EXPECT_TRUE(composer.activities().has(A::busy));
  EXPECT_FALSE(composer.activities().has(A::away));
  EXPECT_EQ(composer.note(), "");
}

TEST(Composer, ThatSomebodyIsOnThePhoneIsSaidWhateverElseCounts) {
  const im::CompositionRules rules;
  const im::Composer composer =
      compose({line(L::busy), client(im::Availability::do_not_disturb, "no")}, rules);
  EXPECT_EQ(composer.availability(), im::Availability::do_not_disturb);
  EXPECT_TRUE(composer.activities().has(A::on_the_phone));
  EXPECT_EQ(composer.note(), "no");
}

TEST(Composer, AnIdleLineMakesNobodyAvailableAndNobodyLess) {
  const im::CompositionRules rules;
  EXPECT_EQ(compose({line(L::idle)}, rules).claim(), C::offline);
  EXPECT_EQ(compose({line(L::idle), client(im::Availability::available)}, rules).claim(),
            C::available);
}

TEST(Composer, OrderOfClaimsIsTheOperators) {
  im::CompositionRules rules;
  rules.order = {C::available, C::do_not_disturb, C::on_the_phone,  C::meeting,
                 C::busy,      C::away,           C::extended_away, C::offline};
  const im::Composer composer =
      compose({line(L::busy), client(im::Availability::available)}, rules);
  EXPECT_EQ(composer.claim(), C::available);
  EXPECT_TRUE(composer.activities().has(A::on_the_phone));
}

TEST(Composer, OfEqualClaimsTheClientsNoteCountsThenTheHighestPriority) {
  const im::CompositionRules rules;
  const auto note = [&rules](const std::vector<im::Report>& reports) {
    return std::string(compose(reports, rules).note());
  };
  using V = im::Availability;
  EXPECT_EQ(note({published(kOpen, {}, "sip"), client(V::available, "xmpp")}), "xmpp");
  EXPECT_EQ(note({client(V::available, "low", 1), client(V::available, "high", 2)}), "high");
  EXPECT_EQ(note({client(V::away, "away", 9), client(V::available, "here", 2)}), "here");
}

im::Report any_report(base::Random& random, size_t i) {
  static const std::string kNames[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  static const std::string kNotes[] = {"", "x", "y"};
  im::Report report;
  report.kind = static_cast<im::SourceKind>(random.below(4));
  report.line = static_cast<L>(random.below(5));
  report.idle = random.below(4) == 0;
  report.has_show = report.kind == im::SourceKind::resource;
  report.show = static_cast<im::Availability>(random.below(6));
  for (uint64_t n = random.below(3); n > 0; --n) {
    report.activities.add(static_cast<A>(random.below(im::kActivities)));
  }
  report.name = kNames[random.below(3) == 0 ? 0 : i];
  report.note = kNotes[random.below(3)];
  report.lang = kNotes[random.below(3)];
  for (uint64_t n = random.below(3); n > 0; --n) {
    im::ReportTuple& tuple = report.tuples.emplace_back();
    tuple.basic = static_cast<im::Basic>(random.below(3));
    tuple.priority = static_cast<uint16_t>(random.below(3));
  }
  return report;
}

std::string text_of(const im::Composer& composer) {
  std::string text = std::to_string(static_cast<int>(composer.claim()));
  text += "/" + std::to_string(static_cast<int>(composer.decisive()));
  text += "/" + std::to_string(composer.activities().bits) + "/";
  return text.append(composer.note()).append("/").append(composer.lang());
}

TEST(Composer, OrderOfArrivalMakesNoDifference) {
  base::Prng random(20260311);
  im::CompositionRules rules;
  for (int round = 0; round < 2000; ++round) {
    for (size_t i = im::kClaims - 2; i > 0; --i) {
      std::swap(rules.order[i], rules.order[random.below(i + 1)]);
    }
    ASSERT_TRUE(rules.complete());
    std::vector<im::Report> reports;
    for (size_t i = 0; i < 1 + random.below(6); ++i) reports.push_back(any_report(random, i));
    const std::string expected = text_of(compose(reports, rules));
    for (int shuffle = 0; shuffle < 6; ++shuffle) {
      for (size_t i = reports.size() - 1; i > 0; --i) {
        std::swap(reports[i], reports[random.below(i + 1)]);
      }
      ASSERT_EQ(text_of(compose(reports, rules)), expected) << round;
    }
  }
}

// More sources never make a claim that nobody makes, nor pass over a higher one.
TEST(Composer, DecidesForTheHighestClaimAnybodyMakes) {
  base::Prng random(4480);
  const im::CompositionRules rules;
  for (int round = 0; round < 2000; ++round) {
    std::vector<im::Report> reports;
    for (size_t i = 0; i < 1 + random.below(6); ++i) reports.push_back(any_report(random, i));
    size_t highest = im::kClaims - 1;
    for (const im::Report& report : reports) {
      const C claim = im::claim_of(report, rules);
      const auto place = std::find(rules.order.begin(), rules.order.end(), claim);
      highest = std::min(highest, static_cast<size_t>(place - rules.order.begin()));
    }
    ASSERT_EQ(compose(reports, rules).claim(), rules.order[highest]) << round;
  }
}

}  // namespace
}  // namespace im_test
