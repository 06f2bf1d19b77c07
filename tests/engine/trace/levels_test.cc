#include "engine/trace/levels.h"

#include <gtest/gtest.h>

namespace trace {
namespace {

TEST(Levels, BeginAtInfoAndAreSetOneByOne) {
  EXPECT_EQ(Level::info, level(Component::sasl));
  set_level(Component::sasl, Level::debug);
  EXPECT_EQ(Level::debug, level(Component::sasl));
  EXPECT_EQ(Level::info, level(Component::router));
  EXPECT_TRUE(on(Component::sasl, Level::debug));
  EXPECT_FALSE(on(Component::sasl, Level::trace));
  EXPECT_FALSE(on(Component::router, Level::debug));
  set_level(Level::error);
  EXPECT_FALSE(on(Component::router, Level::warn));
  EXPECT_TRUE(on(Component::router, Level::fatal));
  set_level(Level::info);
}

TEST(Levels, WatchingLetsCallSitesThroughButTheOperatorsLevelStays) {
  raise_levels_for_watching(true);
  EXPECT_TRUE(on(Component::router, Level::trace));
  EXPECT_EQ(Level::info, level(Component::router));
  EXPECT_FALSE(wanted_in_log(Component::router, Level::debug));
  set_level(Component::router, Level::warn);  // an operator, meanwhile
  EXPECT_TRUE(on(Component::router, Level::trace));
  raise_levels_for_watching(false);
  EXPECT_FALSE(on(Component::router, Level::info));
  set_level(Level::info);
}

TEST(Levels, NamesAreReadBack) {
  for (uint8_t i = 0; i <= static_cast<uint8_t>(Level::trace); ++i) {
    Level level{};
    ASSERT_TRUE(parse_level(name(static_cast<Level>(i)), level));
    EXPECT_EQ(i, static_cast<uint8_t>(level));
  }
  for (uint8_t i = 0; i < static_cast<uint8_t>(Component::kCount); ++i) {
    Component component{};
    ASSERT_TRUE(parse_component(name(static_cast<Component>(i)), component));
    EXPECT_EQ(i, static_cast<uint8_t>(component));
    EXPECT_FALSE(help(component).empty());
  }
}

TEST(Levels, UnknownNamesAreRefused) {
  Level level = Level::warn;
  Component component = Component::store;
  for (const char* text : {"", "Info", "info ", "inf", "5"}) {
    EXPECT_FALSE(parse_level(text, level)) << text;
    EXPECT_FALSE(parse_component(text, component)) << text;
  }
  EXPECT_EQ(Level::warn, level);
  EXPECT_EQ(Component::store, component);
}

}  // namespace
}  // namespace trace
