// A rule that never finds anything is no rule: each is shown something bad, which it must report,
// and something good that resembles it, which it must let pass.
#include <gtest/gtest.h>

#include <string>

#include "tests/tidy/functions.h"
#include "tests/tidy/rules.h"

namespace tidy {
namespace {

using Rule = Findings (*)(const Tree&);

bool bites(Rule rule, const std::string& path, const std::string& text) {
  const Source source(path, text);
  const Findings found = rule({&source});
  for (const std::string& finding : found) {
    EXPECT_EQ(0u, finding.find(path + ":")) << finding;  // says where
  }
  return !found.empty();
}

TEST(TidyBites, ModuleThatIncludesUpwards) {
  const Rule rule = own_includes_point_down;
  EXPECT_TRUE(bites(rule, "engine/base/a.cc", "#include \"engine/io/reactor.h\"\n"));
  EXPECT_TRUE(bites(rule, "engine/trace/a.h", "#include \"engine/seam/turn.h\"\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "#include \"engine/net/network.h\"\n"));
  EXPECT_TRUE(bites(rule, "protocols/jid/a.cc", "#  include \"protocols/im/user.h\"\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "#include \"protocols/im/user.h\"\n"));
  EXPECT_TRUE(bites(rule, "appliance/a.cc", "#include \"tests/sim/world.h\"\n"));
  EXPECT_FALSE(bites(rule, "engine/net/a.cc", "#include \"engine/base/bytes.h\"\n"));
  EXPECT_FALSE(bites(rule, "engine/base/a.cc", "// #include \"engine/io/reactor.h\"\n"));
  EXPECT_FALSE(bites(rule, "tests/sim/a.cc", "#include \"engine/io/reactor.h\"\n"));
}

TEST(TidyBites, XmppAndSipThatKnowEachOther) {
  const Rule rule = own_includes_point_down;
  EXPECT_TRUE(bites(rule, "protocols/xmpp/xep/a.cc", "#include \"protocols/sip/message.h\"\n"));
  EXPECT_TRUE(bites(rule, "protocols/sip/a.cc", "#include \"protocols/xmpp/session.h\"\n"));
  EXPECT_FALSE(bites(rule, "protocols/gateway/a.cc", "#include \"protocols/xmpp/session.h\"\n"));
}

TEST(TidyBites, IncludeThatIsNotFromTheRoot) {
  EXPECT_TRUE(bites(own_includes_point_down, "engine/base/a.cc", "#include \"bytes.h\"\n"));
}

TEST(TidyBites, EngineFolderNobodyGaveRules) {
  EXPECT_TRUE(bites(own_includes_point_down, "engine/misc/a.cc", "int a;\n"));
}

TEST(TidyBites, LibraryOutsideItsRoom) {
  const Rule rule = libraries_stay_in_their_room;
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "#include <liburing.h>\n"));
  EXPECT_TRUE(bites(rule, "protocols/xmpp/sasl.cc", "#include <openssl/sha.h>\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "#include <sqlite3.h>\n"));
  EXPECT_TRUE(bites(rule, "protocols/xml/a.cc", "#include <pugixml.hpp>\n"));
  EXPECT_TRUE(bites(rule, "protocols/xml/a.cc", "#include <expat.h>\n"));
  EXPECT_FALSE(bites(rule, "engine/io/ring.cc", "#include <liburing.h>\n"));
  EXPECT_FALSE(bites(rule, "engine/tls/a.cc", "#include <openssl/sha.h>\n"));
  EXPECT_FALSE(bites(rule, "tests/protocols/xml/a.cc", "#include <expat.h>\n"));
}

TEST(TidyBites, ClockOutsideItsRoom) {
  const Rule rule = banned_words_stay_out;
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "auto t = std::chrono::steady_clock::now();\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "long t = time(nullptr);\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "long t = std::time(nullptr);\n"));
  EXPECT_TRUE(bites(rule, "appliance/store/a.cc", "long t = ::time(nullptr);\n"));
  EXPECT_TRUE(bites(rule, "engine/trace/a.cc", "clock_gettime(CLOCK_REALTIME, &t);\n"));
  EXPECT_FALSE(bites(rule, "engine/io/a.cc", "clock_gettime(CLOCK_REALTIME, &t);\n"));
  EXPECT_FALSE(
      bites(rule, "engine/net/a.cc", "x.time(1); y->time(2); wait_time(3); z::time(4);\n"));
  EXPECT_FALSE(bites(rule, "engine/net/a.cc", "int64_t time(Instant now);\n"));
  EXPECT_FALSE(bites(rule, "engine/net/a.cc", "const char* word = \"time(\"; // time(\n"));
}

TEST(TidyBites, KernelDoorOpenedElsewhere) {
  const Rule rule = banned_words_stay_out;
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "io_uring_submit(&ring);\n"));
  EXPECT_TRUE(bites(rule, "tests/sim/a.cc", "io_uring_submit(&ring);\n"));
  EXPECT_FALSE(bites(rule, "engine/io/uring.cc", "io_uring_submit(&ring);\n"));
}

TEST(TidyBites, ThreadsLocksAndRandomNumbers) {
  const Rule rule = banned_words_stay_out;
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "std::thread t(f);\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "std::mutex m;\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "int r = rand();\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "std::random_device d;\n"));
  EXPECT_FALSE(bites(rule, "engine/trace/log.cc", "std::thread t(f);\n"));
  EXPECT_FALSE(bites(rule, "engine/net/a.cc", "int r = brand(1) + x.rand(2);\n"));
}

TEST(TidyBites, ExceptionsAndHiddenCosts) {
  const Rule rule = banned_words_stay_out;
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "throw 1;\n"));
  EXPECT_TRUE(bites(rule, "protocols/im/a.cc", "try {\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "std::function<void()> f;\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "#include <iostream>\n"));
  EXPECT_TRUE(bites(rule, "engine/net/a.cc", "const char* h = getenv(\"HOME\");\n"));
  EXPECT_TRUE(bites(rule, "protocols/jid/a.cc", "std::regex r(\"a\");\n"));
  EXPECT_FALSE(bites(rule, "engine/net/a.cc", "retry(); throws_away(); // we try, we throw\n"));
  EXPECT_FALSE(bites(rule, "appliance/config/a.cc", "throw 1;\n"));
}

TEST(TidyBites, ReminderLeftBehind) {
  const std::string word = std::string("TO") + "DO";
  EXPECT_TRUE(bites(nothing_is_left_to_do, "README.md", "a\n" + word + ": b\n"));
  EXPECT_TRUE(bites(nothing_is_left_to_do, "engine/a.h", "// " + (std::string("FIX") + "ME")));
  EXPECT_FALSE(bites(nothing_is_left_to_do, "a.cc", "mkstemp(\"a.XXXXXX\"); MASTODON();\n"));
}

TEST(TidyBites, PathOfOneMachine) {
  const std::string path = std::string("/wo") + "rk/main/x";
  EXPECT_TRUE(bites(no_machine_paths, "README.md", "see " + path + "\n"));
  EXPECT_TRUE(
      bites(no_machine_paths, "a.cc", "open(\"" + (std::string("/ho") + "me/me/x") + "\")"));
  EXPECT_FALSE(bites(no_machine_paths, "a.md", "frame" + path + " and https://a/homestead/b\n"));
}

TEST(TidyBites, FileOf601Lines) {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "int a;\n";
  EXPECT_FALSE(bites(files_are_short, "engine/a.cc", text));
  EXPECT_TRUE(bites(files_are_short, "engine/a.cc", text + "int b;\n"));
}

TEST(TidyBites, FunctionOf71Lines) {
  const auto function = [](const std::string& head, int lines) {
    std::string text = head + " {\n";
    for (int i = 0; i < lines - 2; ++i) text += "  if (a) { b = '{'; c = \"}\"; }  // }\n";
    return text + "}\n";
  };
  const Rule rule = functions_are_short;
  EXPECT_FALSE(bites(rule, "a.cc", function("int f()", 70)));
  EXPECT_TRUE(bites(rule, "a.cc", function("int f()", 71)));
  EXPECT_TRUE(bites(rule, "a.cc",
                    "namespace n {\nclass A {\n" + function("A() : b_{1}, c_(2)", 72) + "};\n}\n"));
  EXPECT_TRUE(bites(rule, "a.cc", function("template <class T = int>\nstatic T g(T a = {})", 72)));
  EXPECT_TRUE(bites(rule, "a_test.cc", function("TEST(A, B)", 72)));
  EXPECT_FALSE(bites(rule, "a.cc", function("struct alignas(64) A", 90)));
  EXPECT_FALSE(bites(rule, "a.cc", function("namespace", 90)));
  EXPECT_FALSE(bites(rule, "a.cc", function("int table[] =", 90)));
}

TEST(TidyBites, LineOf101Columns) {
  EXPECT_FALSE(bites(lines_are_narrow, "a.cc", std::string(100, 'a') + "\n"));
  EXPECT_TRUE(bites(lines_are_narrow, "a.cc", std::string(101, 'a') + "\n"));
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "é";  // 200 bytes, 100 columns
  EXPECT_FALSE(bites(lines_are_narrow, "a.cc", wide + "\n"));
}

TEST(TidyBites, HeaderThatDoesNotIntroduceItself) {
  const Rule rule = headers_introduce_themselves;
  EXPECT_TRUE(bites(rule, "a.h", "// One line.\n#pragma once\n"));
  EXPECT_TRUE(bites(rule, "a.h", "// Two\n// lines.\n#ifndef A_H\n"));
  EXPECT_TRUE(bites(rule, "a.h", "// Two\n// lines.\n// #pragma once\n"));
  EXPECT_FALSE(bites(rule, "a.h", "// Two\n// lines.\n#pragma once\n"));
}

TEST(TidyBites, ModuleWithoutReadme) {
  const Source source("engine/base/a.cc", "int a;\n");
  const Source readme("engine/base/README.md", "What it is.\n");
  EXPECT_EQ(1u, folders_have_a_readme({&source}).size());
  EXPECT_TRUE(folders_have_a_readme({&source, &readme}).empty());
}

TEST(TidyBites, FeatureWithoutScenario) {
  const Source features("protocols/xmpp/features.def", "FEATURE(ping)   // XEP-0199\n");
  const Source scenario("tests/scenario/xep_0199_ping.txt", "romeo connects\n");
  const Source other("tests/scenario/xep_0198_ping.txt", "romeo connects\n");
  EXPECT_EQ(1u, features_have_a_scenario({&features}).size());
  EXPECT_EQ(1u, features_have_a_scenario({&features, &other}).size());
  EXPECT_TRUE(features_have_a_scenario({&features, &scenario}).empty());
  EXPECT_TRUE(bites(features_have_a_scenario, "protocols/xmpp/features.def", "FEATURE(ping)\n"));
}

TEST(TidyBites, SourceWithoutTest) {
  const Source source("engine/base/hash.cc", "int a;\n");
  const Source test("tests/engine/base/hash_test.cc", "int a;\n");
  EXPECT_EQ(1u, sources_have_a_test({&source}, {}).size());
  EXPECT_TRUE(sources_have_a_test({&source}, {"engine/base/hash.cc"}).empty());
  EXPECT_TRUE(sources_have_a_test({&source, &test}, {}).empty());
  const Source part("engine/base/part.cc", "#include \"engine/base/whole.h\"\n");
  const Source other("tests/engine/net/a_test.cc", "#include \"engine/base/whole.h\"\n");
  const Source whole("tests/engine/base/whole_test.cc", "#include \"engine/base/whole.h\"\n");
  EXPECT_EQ(1u, sources_have_a_test({&part}, {}).size());
  EXPECT_EQ(1u, sources_have_a_test({&part, &other}, {}).size());  // of another module
  EXPECT_TRUE(sources_have_a_test({&part, &whole}, {}).empty());
  // The list of exceptions only gets shorter.
  EXPECT_EQ(1u, sources_have_a_test({&source, &test}, {"engine/base/hash.cc"}).size());
  EXPECT_EQ(1u, sources_have_a_test({}, {"engine/base/hash.cc"}).size());
}

TEST(TidyScanner, CommentsAndLiteralsAreNoCode) {
  EXPECT_EQ("a      b \"  \" c", code_only("a /* */b \"/*\" c"));
  EXPECT_EQ("x R\"       \"; y", code_only("x R\"d(\"q\")d\"; y"));
  EXPECT_EQ("n = 1'000'000;", code_only("n = 1'000'000;"));
  EXPECT_EQ("c = '  ';", code_only("c = '\\'';"));
}

TEST(TidyScanner, FunctionsAreFoundWithTheirLines) {
  const Source source("a.cc",
                      "#define M(x) \\\n  {\n"
                      "namespace a {\n"
                      "struct B {\n"
                      " public:\n"
                      "  B() : b{1} {}\n"
                      "  bool operator==(const B&) const {\n    return true;\n  }\n"
                      "  int b = 0;\n"
                      "};\n"
                      "enum class C { d, e };\n"
                      "int f(int x) noexcept {\n  return [x] { return x; }();\n}\n"
                      "}\n");
  const std::vector<Function> found = find_functions(source);
  ASSERT_EQ(3u, found.size());
  EXPECT_EQ(6u, found[0].first);
  EXPECT_EQ(7u, found[1].first);
  EXPECT_EQ(9u, found[1].last);
  EXPECT_EQ(13u, found[2].first);
  EXPECT_EQ(15u, found[2].last);
}

}  // namespace
}  // namespace tidy
