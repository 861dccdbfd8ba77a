#include <algorithm>
#include <cstdlib>
#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "tests/resolver/resolve/story_case.h"

namespace kasane::test {
namespace {

using resolver::CondaQuestion;
using Lines = std::vector<CondaLine>;
using Names = std::vector<std::string>;

/// Builds of `name version` for some Pythons.
void add_for_pythons(Lines& lines, const std::string& name, const std::string& version,
                     const std::vector<int>& minors, const Names& depends = {}) {
  for (const int minor : minors) {
    Names all = depends;
    all.push_back(fmt::format("python >=3.{},<3.{}.0a0", minor, minor + 1));
    lines.push_back({fmt::format("{} {} py3{}_0", name, version, minor), all});
  }
}

Lines pythons(int first, int last) {
  Lines lines;
  for (int minor = first; minor <= last; ++minor) {
    lines.push_back({fmt::format("python 3.{}.1 h_0", minor)});
  }
  return lines;
}

/// What mamba and others tell their conflicts by: menus, dropdowns and icons.
Lines menus() {
  Lines lines;
  for (const char* version : {"1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"}) {
    lines.push_back({fmt::format("menu {} h_0", version), {"dropdown 2.*"}});
  }
  lines.push_back({"menu 1.0.0 h_0", {"dropdown 1.*"}});
  for (const char* version : {"2.0.0", "2.1.0", "2.2.0", "2.3.0"}) {
    lines.push_back({fmt::format("dropdown {} h_0", version), {"icons 2.*"}});
  }
  lines.push_back({"dropdown 1.8.0 h_0", {"intl 3.*"}});
  lines.insert(lines.end(), {{"icons 1.0.0 h_0"},
                             {"icons 2.0.0 h_0"},
                             {"intl 5.0.0 h_0"},
                             {"intl 4.0.0 h_0"},
                             {"intl 3.0.0 h_0"}});
  return lines;
}

Lines with_python(int first, int last, const std::function<void(Lines&)>& add) {
  Lines lines = pythons(first, last);
  add(lines);
  return lines;
}

Lines pytorch_lines() {
  return {{"pytorch 2.1.0 cpu_0", {"python >=3.11"}},
          {"pytorch 2.1.0 cuda118_0", {"__cuda", "cudatoolkit 11.8.*"}},
          {"pytorch 2.2.0 cuda120_0", {"__cuda >=12", "cudatoolkit 12.0.*"}},
          {"cudatoolkit 11.8.0 h_0"},
          {"cudatoolkit 12.0.0 h_0", {}, {"__cuda >=12"}},
          {"python 3.11.4 h_0"}};
}

std::vector<StoryCase> cases() {
  std::vector<StoryCase> out = {
      {"simple",
       {{"main",
         {{"a 1.0 h_0", {"c >=1,<2"}}, {"b 1.0 h_0", {"c >=2,<3"}}, {"c 1.0 h_0"}, {"c 2.0 h_0"}}}},
       {"a", "b"}},
      {"chain",
       {{"main",
         {{"a 1.0 h_0", {"b"}},
          {"b 1.0 h_0", {"c"}},
          {"c 1.0 h_0", {"d >=1,<2"}},
          {"d 1.0 h_0"},
          {"d 2.0 h_0"},
          {"z 1.0 h_0", {"d >=2,<3"}}}}},
       {"a", "z"}},
      {"any_two_but_not_three",
       {{"main",
         {{"a 1.0 h_0", {"d >=1,<2"}},
          {"a 2.0 h_0", {"d >=2,<3"}},
          {"b 1.0 h_0", {"d >=1,<2"}},
          {"b 2.0 h_0", {"d >=3,<4"}},
          {"c 1.0 h_0", {"d >=2,<3"}},
          {"c 2.0 h_0", {"d >=3,<4"}},
          {"d 1.0 h_0"},
          {"d 2.0 h_0"},
          {"d 3.0 h_0"}}}},
       {"a", "b", "c"}},
      {"menus", {{"main", menus()}}, {"menu", "icons 1.*", "intl 5.*"}},
      {"missing_dependency", {{"main", {{"a 1.0 h_0", {"left-pad"}}}}}, {"a"}},
      {"misspelt", {{"main", {{"scikit-learn 1.4 h_0"}, {"scipy 1.13 h_0"}}}}, {"scikitlearn"}},
      {"no_such_version",
       {{"main", {{"numpy 1.26.4 h_0"}, {"numpy 2.0.0 h_0"}, {"numpy 2.1.0 h_0"}}}},
       {"numpy ==2.0.5"}},
      {"no_such_build",
       {{"main", {{"numpy 1.26.4 py311_0"}, {"numpy 1.26.4 py312_0"}}}},
       {"numpy=1.26.4=py39*"}},
      {"python_too_new",
       {{"main", with_python(8, 13,
                             [](Lines& lines) {
                               add_for_pythons(lines, "tensorflow", "2.15", {9, 10, 11});
                             })}},
       {"python >=3.12", "tensorflow"}},
      {"python_of_two",
       {{"main", with_python(8, 13,
                             [](Lines& lines) {
                               add_for_pythons(lines, "old", "1.0", {8, 9});
                               add_for_pythons(lines, "new", "1.0", {11, 12});
                             })}},
       {"old", "new"}},
      {"no_cuda", {{"main", pytorch_lines()}}, {"pytorch=*=cuda*"}},
      {"old_cuda",
       {{"main", pytorch_lines()}},
       {"pytorch >=2.2"},
       [](CondaQuestion& question) {
         question.virtual_packages =
             resolver::VirtualPackages::of("linux-64", {.glibc = "2.35", .cuda = "11.4"});
       }},
      {"cuda_constrained",
       {{"main", pytorch_lines()}},
       {"cudatoolkit 12.*"},
       [](CondaQuestion& question) {
         question.virtual_packages =
             resolver::VirtualPackages::of("linux-64", {.glibc = "2.35", .cuda = "11.4"});
       }},
      {"old_glibc", {{"main", {{"a 1.0 h_0", {"__glibc >=2.34,<3.0.a0"}}}}}, {"a"}},
      {"for_windows", {{"main", {{"pywin32 306 h_0", {"__win"}}}}}, {"pywin32"}},
      {"hidden_by_priority",
       {{"first", {{"pytorch 1.0 h_0"}}}, {"second", {{"pytorch 2.0 h_0"}}}},
       {"pytorch >=2"}},
      {"hidden_below",
       {{"first", {{"lib 1.0 h_0"}}}, {"second", {{"app 1.0 h_0", {"lib >=2"}}, {"lib 2.0 h_0"}}}},
       {"app"}},
      {"wrong_channel", {{"first", {{"a 1.0 h_0"}}}, {"second", {{"b 1.0 h_0"}}}}, {"second::a"}},
      {"too_new",
       {{"main",
         {{"a 2.0 h_0", {}, {}, "", 1'700'000'000'000},
          {"a 1.0 h_0", {}, {}, "", 1'500'000'000'000}}}},
       {"a >=2"},
       [](CondaQuestion& question) { question.rules.exclude_newer_ms = 1'600'000'000'000; }},
      {"all_too_new",
       {{"main", {{"a 2.0 h_0", {}, {}, "", 1'700'000'000'000}}}},
       {"a"},
       [](CondaQuestion& question) { question.rules.exclude_newer_ms = 1'600'000'000'000; }},
      {"constrains",
       {{"main", {{"a 1.0 h_0", {}, {"b <2"}}, {"b 2.0 h_0"}, {"b 1.0 h_0"}}}},
       {"a", "b >=2"}},
      {"unreadable", {{"main", {{"a 1.0 h_0", {"b >>1"}}, {"a 2.0 h_0", {"b ~~1"}}}}}, {"a"}},
  };
  return out;
}

class CondaStories : public ::testing::TestWithParam<StoryCase> {};

TEST_P(CondaStories, AreAsPeopleReadThem) { expect_story(GetParam()); }

INSTANTIATE_TEST_SUITE_P(CondaStories, CondaStories, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

/// The folder of real data, when there is one.
const char* real_data() { return std::getenv("KASANE_TEST_DATA"); }

/// A channel of nothing but conflicts: one package for each cell of a sudoku. Some of its boxes are
/// not those of the newspapers, and trying everything shows that such a board cannot be filled.
TEST(Sudoku, IsRefusedWithinAScreen) {
  if (real_data() == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of real data";
  PosixFileSystem files;
  CondaWorld world;
  world.add_repodata("sudoku", "noarch",
                     files.read_text(Path(real_data()) / "conda/channels/mamba/sudoku.json"));
  EXPECT_EQ(world.story({"sudoku_0_0 ==8", "sudoku_0_5 ==8"}),
            "error: the specification cannot be satisfied:\n"
            "  `sudoku_0_0 ==8` (spec.yml:1) was asked for\n"
            "    sudoku_0_0 8 needs `sudoku_0_5 !=8`\n"
            "  `sudoku_0_5 ==8` (spec.yml:2) was asked for\n"
            "  no sudoku_0_5 fits `sudoku_0_5 ==8` and `sudoku_0_5 !=8`\n"
            "hint: relax or remove `sudoku_0_0 ==8` or `sudoku_0_5 ==8`\n");
  const std::string story = world.story(Names{"sudoku_0_0 ==8"});
  EXPECT_LE(std::count(story.begin(), story.end(), '\n'), 26);
  EXPECT_NE(story.find("`sudoku_0_0 ==8` (spec.yml:1) was asked for"), std::string::npos);

  // The board that everybody shows, which the newspapers' rules would let one fill.
  const Names board = {"53..7....", "6..195...", ".98....6.", "8...6...3", "4..8.3..1",
                       "7...2...6", ".6....28.", "...419..5", "....8..79"};
  Names givens;
  for (std::size_t y = 0; y < board.size(); ++y) {
    for (std::size_t x = 0; x < board[y].size(); ++x) {
      if (board[y][x] != '.') givens.push_back(fmt::format("sudoku_{}_{} =={}", x, y, board[y][x]));
    }
  }
  const std::string all = world.story(givens);
  EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 26) << all;
  for (const char* part : {"` (spec.yml:", "hint: relax or remove `sudoku_"}) {
    EXPECT_NE(all.find(part), std::string::npos) << all;
  }
}

}  // namespace
}  // namespace kasane::test
