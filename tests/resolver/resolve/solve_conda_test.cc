#include "resolver/resolve/solve_conda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/conda_world.h"

namespace kasane::test {
namespace {

using resolver::ChannelPriority;
using resolver::CondaQuestion;
using resolver::SystemFacts;
using resolver::VirtualPackages;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

using Names = std::vector<std::string>;

TEST(SolveConda, TakesWhatIsAskedForAndWhatThatNeedsAndNothingElse) {
  CondaWorld world;
  world.add_channel("main", {{"app 1.0 h_0", {"lib >=2"}},
                             {"lib 1.0 h_0"},
                             {"lib 2.0 h_0", {"base"}},
                             {"base 1.0 h_0"},
                             {"other 1.0 h_0"}});
  EXPECT_THAT(world.chosen(Names{"app"}),
              ElementsAre("app=1.0=h_0", "base=1.0=h_0", "lib=2.0=h_0"));
}

/// The first of each row's candidates is the one to be taken; the others stand before it in the
/// channel, or after it.
struct OrderCase {
  const char* why;
  std::vector<CondaLine> lines;
  const char* best;
};

const OrderCase kOrders[] = {
    {"the higher version", {{"a 1.9 h_5"}, {"a 1.10 h_0"}, {"a 1.2 h_7"}}, "a=1.10=h_0"},
    {"no track_features before a higher version",
     {{"a 2.0 h_0", {}, {}, "mkl"}, {"a 1.0 h_0"}},
     "a=1.0=h_0"},
    {"the higher build number before the newer one",
     {{"a 1.0 h_1", {}, {}, "", 100},
      {"a 1.0 g_2", {}, {}, "", 50},
      {"a 1.0 z_0", {}, {}, "", 200}},
     "a=1.0=g_2"},
    {"the platform's before noarch",
     {{"a 1.0 h_0", {}, {}, "", 900, "noarch"}, {"a 1.0 g_0", {}, {}, "", 1}},
     "a=1.0=g_0"},
    {"a higher build number before the platform's",
     {{"a 1.0 h_1", {}, {}, "", 0, "noarch"}, {"a 1.0 g_0"}},
     "a=1.0=h_1"},
    {"the variant of the newest dependency, not the newest one",
     {{"a 1.0 py39_0", {"python >=3.9,<3.10"}, {}, "", 900},
      {"a 1.0 py312_0", {"python >=3.12,<3.13"}, {}, "", 100},
      {"a 1.0 py310_0", {"python >=3.10,<3.11"}, {}, "", 500},
      {"python 3.9.1 h_0"},
      {"python 3.10.2 h_0"},
      {"python 3.12.3 h_0"}},
     "a=1.0=py312_0"},
    {"the least of two demands on one name",
     {{"a 1.0 x_0", {"node", "node <10"}},
      {"a 1.0 y_0", {"node", "node <20"}},
      {"node 9.0 h_0"},
      {"node 19.0 h_0"},
      {"node 30.0 h_0"}},
     "a=1.0=y_0"},
    {"a variant whose dependency is there before one whose dependency is not",
     {{"a 1.0 x_0", {"b >=9"}, {}, "", 900}, {"a 1.0 y_0", {"b"}}, {"b 1.0 h_0"}},
     "a=1.0=y_0"},
    {"the newer of two that are equal otherwise",
     {{"a 1.0 x_0", {}, {}, "", 100}, {"a 1.0 b_0", {}, {}, "", 200}},
     "a=1.0=b_0"},
    {"the greater build string when nothing else tells",
     {{"a 1.0 x_0"}, {"a 1.0 y_0"}},
     "a=1.0=y_0"},
};

TEST(SolveConda, TriesCandidatesInCondasOrder) {
  for (const OrderCase& row : kOrders) {
    SCOPED_TRACE(row.why);
    std::vector<CondaLine> reversed(row.lines.rbegin(), row.lines.rend());
    for (const auto& lines : {row.lines, reversed}) {
      CondaWorld world;
      world.add_channel("main", lines);
      EXPECT_THAT(world.chosen(Names{"a"}), Contains(row.best));
    }
  }
}

TEST(SolveConda, PrefersCondaFilesToTheirTwins) {
  CondaWorld world;
  CondaLine old{"a 1.0 h_0"};
  old.tar_bz2 = true;
  world.add_channel("main", {{"a 1.0 h_0"}, old});
  const auto answer = world.solve(world.question({"a"}));
  EXPECT_EQ(answer.packages.at(0).url, "https://conda.anaconda.org/main/linux-64/a-1.0-h_0.conda");
  const auto insisting = world.solve(world.question({"a[fn=a-1.0-h_0.tar.bz2]"}));
  EXPECT_EQ(insisting.packages.at(0).url,
            "https://conda.anaconda.org/main/linux-64/a-1.0-h_0.tar.bz2");
}

TEST(SolveConda, KeepsToConstraintsOfWhatIsThere) {
  CondaWorld world;
  world.add_channel(
      "main", {{"a 1.0 h_0", {}, {"b <2"}}, {"b 1.0 h_0"}, {"b 2.0 h_0"}, {"c 1.0 h_0", {"b"}}});
  EXPECT_THAT(world.chosen(Names{"a"}), ElementsAre("a=1.0=h_0"));
  EXPECT_THAT(world.chosen(Names{"a", "c"}), ElementsAre("a=1.0=h_0", "b=1.0=h_0", "c=1.0=h_0"));
}

TEST(SolveConda, GivesEarlierRequestsTheirBestFirst) {
  CondaWorld world;
  world.add_channel("main", {{"a 1.0 h_0", {"c"}},
                             {"a 2.0 h_0", {"c 1"}},
                             {"b 1.0 h_0", {"c"}},
                             {"b 2.0 h_0", {"c 2"}},
                             {"c 1 h_0"},
                             {"c 2 h_0"}});
  EXPECT_THAT(world.chosen(Names{"a", "b"}), ElementsAre("a=2.0=h_0", "b=1.0=h_0", "c=1=h_0"));
  EXPECT_THAT(world.chosen(Names{"b", "a"}), ElementsAre("a=1.0=h_0", "b=2.0=h_0", "c=2=h_0"));
}

struct PriorityCase {
  ChannelPriority priority;
  const char* request;
  Names chosen;
};

TEST(SolveConda, ObeysChannelPriority) {
  const PriorityCase cases[] = {
      {ChannelPriority::kStrict, "a", {"a=1.0=first_0"}},
      {ChannelPriority::kFlexible, "a", {"a=1.0=first_0"}},
      {ChannelPriority::kDisabled, "a", {"a=2.0=second_0"}},
      {ChannelPriority::kDisabled, "a 1.0", {"a=1.0=first_0"}},
      {ChannelPriority::kFlexible, "a >=2", {"a=2.0=second_0"}},
      {ChannelPriority::kStrict, "second::a", {"a=2.0=second_0"}},
      {ChannelPriority::kDisabled, "first::a", {"a=1.0=first_0"}},
      {ChannelPriority::kStrict, "second/linux-64::a >=1", {"a=2.0=second_0"}},
      {ChannelPriority::kStrict, "b", {"b=1.0=second_0"}},
  };
  CondaWorld world;
  world.add_channel("first", {{"a 1.0 first_0"}});
  // The same version, with a higher build number, would win without the channels' order.
  world.add_channel("second", {{"a 2.0 second_0"}, {"a 1.0 second_4"}, {"b 1.0 second_0"}});
  for (const PriorityCase& row : cases) {
    SCOPED_TRACE(row.request);
    CondaQuestion question = world.question({row.request});
    question.rules.priority = row.priority;
    EXPECT_EQ(world.chosen(question), row.chosen);
  }
}

TEST(SolveConda, LooksAtTheWorldAsItWas) {
  constexpr std::int64_t kTime = 1'700'000'000'000;
  CondaWorld world;
  world.add_channel("first",
                    {{"a 2.0 h_0", {}, {}, "", kTime - 2}, {"b 1.0 h_0", {}, {}, "", kTime + 1}});
  world.add_channel("second", {{"b 0.9 h_0", {}, {}, "", kTime}});
  world.add_channel("third", {{"a 9.0 h_0"}});
  CondaQuestion question = world.question({"a", "b"});
  question.rules.exclude_newer_ms = kTime;
  // The first channel had no `b` then.
  EXPECT_THAT(world.chosen(question), ElementsAre("a=2.0=h_0", "b=0.9=h_0"));
}

TEST(SolveConda, AsksTheSystemForVirtualPackages) {
  CondaWorld world;
  world.add_channel("main", {{"a 2.0 cuda_0", {"__cuda >=12"}},
                             {"a 1.0 cpu_0"},
                             {"b 1.0 h_0", {}, {"__cuda >=12"}},
                             {"b 0.9 h_0"},
                             {"c 2.0 h_0", {"__glibc >=2.31"}},
                             {"c 1.0 h_0", {"__glibc >=2.17", "__unix"}}});
  const auto chosen = [&](const SystemFacts& facts) {
    CondaQuestion question = world.question({"a", "b", "c"});
    question.virtual_packages = VirtualPackages::of("linux-64", facts);
    return world.chosen(question);
  };
  EXPECT_THAT(chosen({}), ElementsAre("a=1.0=cpu_0", "b=1.0=h_0", "c=1.0=h_0"));
  EXPECT_THAT(chosen({.glibc = "2.35", .cuda = "11.8"}),
              ElementsAre("a=1.0=cpu_0", "b=0.9=h_0", "c=2.0=h_0"));
  EXPECT_THAT(chosen({.glibc = "2.35", .cuda = "12.4"}),
              ElementsAre("a=2.0=cuda_0", "b=1.0=h_0", "c=2.0=h_0"));
}

TEST(SolveConda, PassesOverRecordsWhoseDependenciesCannotBeRead) {
  CondaWorld world;
  world.add_channel(
      "main",
      {{"a 3.0 h_0", {"b >>1"}}, {"a 2.0 h_0", {"*"}}, {"a 1.0 h_0", {"b"}}, {"b 1.0 h_0"}});
  EXPECT_THAT(world.chosen(Names{"a"}), ElementsAre("a=1.0=h_0", "b=1.0=h_0"));
  const auto answer = world.solve(world.question({"a"}));
  EXPECT_THAT(answer.warnings,
              ElementsAre(Warning{"unreadable-record",
                                  "2 records cannot be used and were left out, such as "
                                  "`a-3.0-h_0.conda`: its dependency `b >>1` cannot be read"}));
}

TEST(SolveConda, KeepsWhatWasThereWhereThatIsPossible) {
  CondaWorld old;
  const std::vector<CondaLine> lines = {{"a 1.0 h_0", {"b"}}, {"b 1.0 h_0"}, {"b 1.0 g_0"}};
  old.add_channel("main", lines);
  const auto before = old.solve(old.question({"a"})).packages;
  CondaWorld world;
  std::vector<CondaLine> later = lines;
  later.insert(later.end(), {{"a 1.1 h_0", {"b"}}, {"b 2.0 h_0"}, {"c 1.0 h_0", {"b >=2"}}});
  world.add_channel("main", later);
  CondaQuestion question = world.question({"a"});
  question.keep = before;
  EXPECT_THAT(world.chosen(question), ElementsAre("a=1.0=h_0", "b=1.0=h_0"));
  question = world.question({"a", "c"});
  question.keep = before;
  EXPECT_THAT(world.chosen(question), ElementsAre("a=1.0=h_0", "b=2.0=h_0", "c=1.0=h_0"));
}

TEST(SolveConda, KeepsTheVersionWhereTheFileIsGone) {
  CondaWorld world;
  world.add_channel("main", {{"a 1.0 new_1"}, {"a 2.0 h_0"}});
  CondaQuestion question = world.question({"a"});
  resolver::LockedPackage gone;
  gone.name = "a";
  gone.version = "1.0";
  gone.build = "old_0";
  gone.sha256 = Digest::of("gone");
  resolver::LockedPackage lost = gone;
  lost.name = "lost";
  question.keep = {gone, lost};
  EXPECT_THAT(world.chosen(question), ElementsAre("a=1.0=new_1"));
}

TEST(SolveConda, FetchesOnlyWhatItTouches) {
  CondaWorld world;
  world.add_channel("first", {{"a 1.0 h_0", {"b"}}, {"b 1.0 h_0"}, {"far 1.0 h_0"}});
  world.add_channel("second", {{"b 3.0 h_0"}, {"far 1.0 h_0"}});
  world.chosen(Names{"a"});
  EXPECT_THAT(world.source("first", "linux-64").asked, Not(Contains("far")));
  EXPECT_THAT(world.source("second", "linux-64").asked, IsEmpty());
  EXPECT_THAT(world.source("second", "linux-64").hinted, IsEmpty());
  EXPECT_THAT(world.source("first", "linux-64").hinted, Contains("b"));
}

TEST(SolveConda, WritesDownWhatALockNeeds) {
  CondaWorld world;
  world.add_channel(
      "main", {{"a 1.0 h_0", {"b", "b >=1", "c 1.* x*", "c >=0.5", "d >=1,<2", "d 1.5", "__unix"}},
               {"b 1.0 h_0"},
               {"c 1.0 x_0"},
               {"d 1.5 h_0"}});
  const auto answer = world.solve(world.question({"a"}));
  const resolver::LockedPackage& a = answer.packages.at(0);
  EXPECT_EQ(a.url, "https://conda.anaconda.org/main/linux-64/a-1.0-h_0.conda");
  EXPECT_EQ(a.sha256, Digest::of("linux-64a-1.0-h_0.conda"));
  const std::map<std::string, std::string> expected = {
      {"__unix", ""}, {"b", ">=1"}, {"c", "1.*,>=0.5 x*"}, {"d", ">=1,<2,1.5"}};
  EXPECT_EQ(a.dependencies, expected);
}

}  // namespace
}  // namespace kasane::test
