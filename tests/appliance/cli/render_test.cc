#include "appliance/cli/render.h"

#include <gtest/gtest.h>

namespace appliance {
namespace {

TEST(Render, MembersAreAlignedWithUnits) {
  EXPECT_EQ(render(R"({"version":"1","memory_bytes":1572864,"uptime_seconds":3725,"on":true})"),
            "version  1\nmemory   1.5 MiB\nuptime   1 h 2 min 5 s\non       yes\n");
}

TEST(Render, ArraysOfObjectsAreTables) {
  EXPECT_EQ(render(R"({"sessions":[{"jid":"a@b/c","since":0},{"jid":"d@e/long","since":1}]})"),
            "  jid       since\n"
            "  a@b/c     1970-01-01T00:00:00Z\n"
            "  d@e/long  1970-01-01T00:00:01Z\n");
}

TEST(Render, AListAloneIsPlainLines) {
  EXPECT_EQ(render(R"({"users":["a@b","c@d"]})"), "a@b\nc@d\n");
  EXPECT_EQ(render(R"({"users":[]})"), "");
  EXPECT_EQ(render(R"({"x":1,"warnings":[]})"), "x  1\nwarnings: none\n");
}

TEST(Render, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(render(R"({"jid":"a\u001b[31mb\n"})"), "jid  a?[31mb?\n");
}

TEST(Render, OtherScriptsAreAlignedByCharacters) {
  EXPECT_EQ(render(R"({"s":[{"a":"é","b":"x"},{"a":"ab","b":"y"}]})"),
            "  a   b\n  é   x\n  ab  y\n");
}

TEST(Render, WhatIsNoObjectIsPrintedAsItIs) { EXPECT_EQ(render("nonsense"), "nonsense\n"); }

}  // namespace
}  // namespace appliance
