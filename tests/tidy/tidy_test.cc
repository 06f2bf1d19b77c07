// The rules of the house, held against the tree itself.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/tidy/rules.h"

namespace tidy {
namespace {

const Tree& tree() { return read_tree(TREE_ROOT); }

void expect_none(const Findings& findings) {
  for (const std::string& finding : findings) ADD_FAILURE() << finding;
}

std::vector<std::string> ratchet() {
  std::ifstream in(std::string(TREE_ROOT) + "/tests/tidy/ratchet.txt");
  std::vector<std::string> paths;
  for (std::string line; std::getline(in, line);) {
    const std::string path = line.substr(0, line.find(' '));
    if (!path.empty() && path.front() != '#') paths.push_back(path);
  }
  return paths;
}

TEST(Tidy, TheTreeIsThere) { ASSERT_GT(tree().size(), 50u) << "nothing read from " << TREE_ROOT; }

TEST(Tidy, DependenciesPointDown) { expect_none(own_includes_point_down(tree())); }
TEST(Tidy, LibrariesStayInTheirRoom) { expect_none(libraries_stay_in_their_room(tree())); }
TEST(Tidy, BannedWordsStayOutside) { expect_none(banned_words_stay_out(tree())); }
TEST(Tidy, NothingIsLeftToDo) { expect_none(nothing_is_left_to_do(tree())); }
TEST(Tidy, NoPathOfOneMachineIsNamed) { expect_none(no_machine_paths(tree())); }
TEST(Tidy, FilesHaveAtMost600Lines) { expect_none(files_are_short(tree())); }
TEST(Tidy, FunctionsHaveAtMost70Lines) { expect_none(functions_are_short(tree())); }
TEST(Tidy, LinesHaveAtMost100Columns) { expect_none(lines_are_narrow(tree())); }
TEST(Tidy, HeadersIntroduceThemselves) { expect_none(headers_introduce_themselves(tree())); }
TEST(Tidy, EveryModuleHasAReadme) { expect_none(folders_have_a_readme(tree())); }
TEST(Tidy, EveryFeatureHasAScenario) { expect_none(features_have_a_scenario(tree())); }
TEST(Tidy, EverySourceHasATest) { expect_none(sources_have_a_test(tree(), ratchet())); }

TEST(Tidy, FilesAreShortOnTheWhole) {
  const Measures measures = measure(tree());
  std::printf("%zu files, median %zu lines; %zu CHECKs in %zu functions of engine and im: %.2f\n",
              measures.files, measures.median_lines, measures.checks, measures.functions,
              static_cast<double>(measures.checks) / static_cast<double>(measures.functions));
  EXPECT_LE(measures.median_lines, 150u);
}

}  // namespace
}  // namespace tidy
