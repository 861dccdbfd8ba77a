#include "resolver/solver/conflict_story.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "resolver/solver/solver.h"
#include "tests/support/solver_random_world.h"
#include "tests/support/solver_world_texts.h"

namespace kasane::test {
namespace {

using resolver::solver::Conflict;
using resolver::solver::Outcome;
using resolver::solver::Story;

/// A problem without a solution. Its story is stories/<name>.txt.
struct Case {
  const char* name;
  std::vector<WorldRecord> records;
  WorldRequest request;
  std::map<std::string, std::string> hints = {};
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

std::string story_of(const SolverWorld& world, unsigned seed,
                     const std::map<std::string, std::string>& hints) {
  WorldProvider provider(world, seed);
  const Outcome outcome = solve(provider, provider.problem());
  const auto* conflict = std::get_if<Conflict>(&outcome.result);
  if (conflict == nullptr) return "solved";
  WorldTexts texts(provider);
  texts.hints = hints;
  const Story story = tell(*conflict, texts);
  return story.text + "\nhint: " + story.hint + "\n";
}

std::vector<WorldRecord> releases(const std::string& name, int first, int last,
                                  std::vector<std::string> depends) {
  std::vector<WorldRecord> records;
  for (int minor = first; minor <= last; ++minor) {
    records.push_back({name, fmt::format("1.{}", minor), depends});
  }
  return records;
}

std::vector<WorldRecord> together(std::vector<std::vector<WorldRecord>> parts) {
  std::vector<WorldRecord> all;
  for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Each version needs its own version of `target`, as packages released together do.
std::vector<WorldRecord> in_lockstep(const std::string& name, const std::string& target,
                                     int count) {
  std::vector<WorldRecord> records;
  for (int minor = 1; minor <= count; ++minor) {
    records.push_back({name, fmt::format("1.{}", minor), {fmt::format("{} 1.{}", target, minor)}});
  }
  return records;
}

/// Every other version needs the one, the rest the other.
std::vector<WorldRecord> alternating(const std::string& name, int count, const std::string& odd,
                                     const std::string& even) {
  std::vector<WorldRecord> records;
  for (int minor = 1; minor <= count; ++minor) {
    records.push_back({name, fmt::format("1.{}", minor), {minor % 2 == 1 ? odd : even}});
  }
  return records;
}

/// Packages that each refuse another version of the one that they all need.
std::vector<WorldRecord> wide(int count) {
  std::vector<WorldRecord> records = releases("shared", 1, count, {});
  for (int i = 1; i <= count; ++i) {
    for (int minor = 1; minor <= 2; ++minor) {
      records.push_back({fmt::format("p{:02}", i),
                         fmt::format("1.{}", minor),
                         {fmt::format("shared !=1.{}", i)}});
    }
  }
  return records;
}

WorldRequest ask_for_all(int count) {
  WorldRequest request;
  for (int i = 1; i <= count; ++i) request.needs.push_back(fmt::format("p{:02}", i));
  return request;
}

class StoryTest : public testing::TestWithParam<Case> {};

TEST_P(StoryTest, IsToldAsWritten) {
  const SolverWorld world = make_world(GetParam().records, GetParam().request);
  const std::string told = story_of(world, 0, GetParam().hints);
  const std::string path =
      fmt::format("{}/tests/resolver/solver/stories/{}.txt", KASANE_SOURCE_DIR, GetParam().name);
  if (std::getenv("KASANE_ACCEPT") != nullptr) {
    std::ofstream(path) << told;
    GTEST_SKIP() << "accepted " << path;
  }
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(told, expected.str());
  for (unsigned seed = 1; seed < 5; ++seed) {
    EXPECT_EQ(story_of(world, seed, GetParam().hints), told) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Stories, StoryTest,
    testing::Values(
        Case{"missing_package",
             {{"scikit-learn", "1.5"}},
             {{"scikitlearn"}},
             {{"scikitlearn", "did you mean `scikit-learn`?"}}},
        Case{"missing_version", releases("numpy", 20, 26, {}), {{"numpy >=3"}}},
        Case{
            "missing_version_between_others",
            {{"a", "1.0", {"python 2.7"}}, {"python", "1.5"}, {"python", "3.4"}, {"python", "3.5"}},
            {{"a"}}},
        Case{"one_demand_at_odds_with_many",
             {{"a", "1.2", {"python 3.11"}},
              {"a", "1.1", {"python 3.10"}},
              {"a", "1.0", {"python 3.9"}},
              {"python", "3.8"},
              {"python", "3.9"},
              {"python", "3.10"},
              {"python", "3.11"}},
             {{"python 3.8", "a"}}},
        Case{"missing_virtual_package",
             together({releases("pytorch", 10, 13, {"__cuda >=11"}), {{"numpy", "1.0"}}}),
             {{"numpy", "pytorch"}},
             {{"__cuda", "set CONDA_OVERRIDE_CUDA"}}},
        Case{"two_demands_of_one_package",
             together({releases("numpy", 20, 27, {}),
                       releases("pandas", 10, 14, {"numpy >=1.26"}),
                       releases("tensorflow", 5, 9, {"numpy <1.24"}),
                       {{"bystander", "1", {"numpy"}}}}),
             {{"bystander", "pandas >=1.11", "tensorflow"}}},
        Case{"through_a_chain",
             together({releases("a", 1, 4, {"b >=1.3"}), releases("b", 1, 2, {"c"}),
                       releases("b", 3, 6, {"c >=1.5"}), releases("c", 1, 9, {})}),
             {{"c <1.4", "a"}}},
        Case{"different_versions_for_different_reasons",
             together({releases("a", 1, 2, {"b <1.3"}), releases("a", 3, 5, {"gone"}),
                       releases("b", 1, 6, {})}),
             {{"a", "b >=1.4"}}},
        Case{"constrains",
             together({{{"a", "1.0", {}, {"b <1.3"}}}, releases("b", 1, 6, {})}),
             {{"a", "b >=1.4"}}},
        Case{"locked",
             together({releases("a", 1, 2, {"b >=1.3"}), releases("b", 1, 6, {})}),
             {{"a"}, {}, {}, {"b 1.2"}}},
        Case{"pinned",
             together({releases("a", 1, 2, {"b >=1.3"}), releases("b", 1, 6, {})}),
             {{"a"}, {"b <1.2"}}},
        Case{"excluded",
             {{"a", "1.3", {}, {}, "was yanked"},
              {"a", "1.2", {}, {}, "is newer than the given time"},
              {"a", "1.1", {}, {}, "is newer than the given time"},
              {"a", "1.0"}},
             {{"a >1.0"}}},
        Case{"unusable", {{"a", "1.0", {}, {}, "", "its metadata cannot be read"}}, {{"a"}}},
        Case{"alternatives_and_conditions",
             together({{{"a", "1.0", {"b <1.2 | c", "d if p <1.4"}}},
                       releases("b", 2, 3, {}),
                       releases("p", 1, 3, {})}),
             {{"a", "p"}}},
        Case{"released_together",
             together({in_lockstep("boto3", "botocore", 60),
                       releases("botocore", 1, 60, {"urllib3 <1.26"}),
                       releases("urllib3", 24, 27, {})}),
             {{"boto3", "urllib3 >=1.26"}}},
        Case{"some_builds",
             {{"a", "1.1.1", {"p 1.9"}},
              {"a", "1.1.0", {"p 1.8"}},
              {"a", "1.0.1", {"p 1.9"}},
              {"a", "1.0.0", {"p 1.8"}},
              {"p", "1.10"},
              {"p", "1.9"},
              {"p", "1.8"}},
             {{"a", "p >=1.10"}}},
        Case{"many_separate_ranges", alternating("a", 12, "oddity", "evenness"), {{"a"}}},
        Case{"no_more_than_a_screen", wide(30), ask_for_all(30)}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

TEST(StoryRandom, IsNeverLongerThanAScreenAndNeverEmpty) {
  for (std::uint32_t seed = 1; seed <= 1'000; ++seed) {
    WorldProvider provider(make_random_world(seed));
    const Outcome outcome = solve(provider, provider.problem());
    const auto* conflict = std::get_if<Conflict>(&outcome.result);
    if (conflict == nullptr) continue;
    WorldTexts texts(provider);
    const Story story = tell(*conflict, texts);
    const auto lines =
        static_cast<std::size_t>(std::count(story.text.begin(), story.text.end(), '\n') + 1);
    EXPECT_LE(lines, Story::kMaxLines) << "seed " << seed;
    EXPECT_GE(lines, 2u) << "seed " << seed << "\n" << story.text;
  }
}

}  // namespace
}  // namespace kasane::test
