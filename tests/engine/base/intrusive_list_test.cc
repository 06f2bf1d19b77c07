#include "engine/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace base {
namespace {

struct ByAge {};
struct Person : ListNode<>, ListNode<ByAge> {
  explicit Person(char n) : name(n) {}
  char name;
};
using Line = IntrusiveList<Person>;

std::string names(Line& line) {
  std::string text;
  line.for_each([&](Person& person) { text.push_back(person.name); });
  return text;
}

TEST(IntrusiveList, KeepsTheOrderItWasGiven) {
  Line line;
  EXPECT_TRUE(line.empty());
  EXPECT_EQ(nullptr, line.front());
  EXPECT_EQ(nullptr, line.pop_front());
  Person a('a'), b('b'), c('c');
  line.push_back(b);
  line.push_back(c);
  line.push_front(a);
  EXPECT_EQ("abc", names(line));
  EXPECT_EQ('c', line.back()->name);
  EXPECT_EQ('a', line.pop_front()->name);
  EXPECT_FALSE(static_cast<ListNode<>&>(a).linked());
  EXPECT_EQ("bc", names(line));
}

TEST(IntrusiveList, AnElementLeavesFromTheMiddleAndWhenItDies) {
  Line line;
  Person a('a'), c('c');
  auto b = std::make_unique<Person>('b');
  line.push_back(a);
  line.push_back(*b);
  line.push_back(c);
  b.reset();
  EXPECT_EQ("ac", names(line));
  static_cast<ListNode<>&>(a).unlink();
  static_cast<ListNode<>&>(a).unlink();  // a second time is nothing
  EXPECT_EQ("c", names(line));
}

TEST(IntrusiveList, OneElementOnTwoLists) {
  Line line;
  IntrusiveList<Person, ByAge> ages;
  Person a('a'), b('b');
  line.push_back(a);
  line.push_back(b);
  ages.push_back(b);
  ages.push_back(a);
  EXPECT_EQ('a', line.front()->name);
  EXPECT_EQ('b', ages.front()->name);
}

TEST(IntrusiveList, TheElementVisitedMayLeave) {
  Line line;
  Person a('a'), b('b'), c('c');
  line.push_back(a);
  line.push_back(b);
  line.push_back(c);
  line.for_each([](Person& person) {
    if (person.name != 'b') static_cast<ListNode<>&>(person).unlink();
  });
  EXPECT_EQ("b", names(line));
}

TEST(IntrusiveList, AListThatDiesLetsItsElementsGo) {
  Person a('a');
  {
    Line line;
    line.push_back(a);
  }
  EXPECT_FALSE(static_cast<ListNode<>&>(a).linked());
}

TEST(IntrusiveListDeathTest, AnElementIsOnOneListOfAKind) {
  Line line;
  Person a('a');
  line.push_back(a);
  EXPECT_DEATH(line.push_back(a), "CHECK failed");
}

}  // namespace
}  // namespace base
