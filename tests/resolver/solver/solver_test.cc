#include "resolver/solver/solver.h"

#include <stdexcept>
#include <variant>

#include <gtest/gtest.h>

#include "tests/support/solver_oracle.h"
#include "tests/support/solver_world_provider.h"

namespace kasane::test {
namespace {

using resolver::solver::Cancelled;
using resolver::solver::Conflict;
using resolver::solver::FactKind;
using resolver::solver::Outcome;
using resolver::solver::Solution;

std::string answer(WorldProvider& provider) {
  const Outcome outcome = solve(provider, provider.problem());
  const auto* solution = std::get_if<Solution>(&outcome.result);
  return solution != nullptr ? to_text(provider, *solution) : "no solution";
}

struct Case {
  const char* name;
  std::vector<WorldRecord> records;
  WorldRequest request;
  std::string expected;
};

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class SolverChooses : public testing::TestWithParam<Case> {};

TEST_P(SolverChooses, TheDefinedSolutionWhateverTheIdsAndOrders) {
  const SolverWorld world = make_world(GetParam().records, GetParam().request);
  for (unsigned seed = 0; seed < 5; ++seed) {
    WorldProvider provider(world, seed);
    EXPECT_EQ(answer(provider), GetParam().expected) << "seed " << seed;
  }
}

const std::vector<WorldRecord> kPair = {{"a", "2", {"c 1"}}, {"a", "1", {"c"}}, {"b", "2", {"c 2"}},
                                        {"b", "1", {"c"}},   {"c", "2"},        {"c", "1"}};

INSTANTIATE_TEST_SUITE_P(
    Preference, SolverChooses,
    testing::Values(
        Case{"NothingForNothing", {{"a", "1"}}, {}, ""},
        Case{"TheBestCandidate", {{"a", "1"}, {"a", "2"}, {"a", "10"}}, {{"a"}}, "a 10"},
        Case{
            "OnlyWhatIsAskedFor", {{"a", "1", {"b"}}, {"b", "1"}, {"z", "1"}}, {{"a"}}, "a 1, b 1"},
        Case{"TheFirstRequestGetsItsBestFirst", kPair, {{"a", "b"}}, "a 2, b 1, c 1"},
        Case{"InTheOrderOfTheRequest", kPair, {{"b", "a"}}, "b 2, a 1, c 2"},
        Case{"WhatWasAskedForBeforeDependencies",
             {{"a", "1", {"d"}}, {"b", "2", {"d 1"}}, {"b", "1"}, {"d", "2"}, {"d", "1"}},
             {{"a", "b"}},
             "a 1, b 2, d 1"},
        Case{"NearDependenciesBeforeFarOnes",
             {{"a", "1", {"m", "x"}},
              {"m", "1", {"b"}},
              {"b", "2", {"x 1"}},
              {"b", "1"},
              {"x", "2"},
              {"x", "1"}},
             {{"a"}},
             "a 1, m 1, x 2, b 1"},
        Case{"DependenciesByName",
             {{"r", "1", {"q", "p"}}, {"p", "2", {"q 1"}}, {"p", "1"}, {"q", "2"}, {"q", "1"}},
             {{"r"}},
             "r 1, p 2, q 1"},
        Case{"AnOlderOneWhereTheNewestLeadsNowhere",
             {{"a", "3", {"b 3"}}, {"a", "2", {"b 2"}}, {"a", "1"}, {"b", "2", {"gone"}}},
             {{"a"}},
             "a 1"},
        Case{"TheFirstAlternativeThatFits",
             {{"a", "1", {"b 3 | c | b"}}, {"b", "1"}, {"c", "1", {"gone"}}},
             {{"a"}},
             "a 1, b 1"},
        Case{"AnAlternativeThatIsThereAnyway",
             {{"a", "1", {"b | c"}}, {"b", "1"}, {"c", "1"}},
             {{"c", "a"}},
             "c 1, a 1"}));

INSTANTIATE_TEST_SUITE_P(
    Restrictions, SolverChooses,
    testing::Values(
        Case{"ConstrainsOnlyWhatIsPresent",
             {{"a", "1", {}, {"b <2"}}, {"b", "2"}, {"b", "1"}},
             {{"a"}},
             "a 1"},
        Case{"ConstrainsWhatIsPresent",
             {{"a", "1", {}, {"b <2"}}, {"b", "2"}, {"b", "1"}},
             {{"a", "b"}},
             "a 1, b 1"},
        Case{"PinsWithoutAskingFor",
             {{"a", "1", {"b"}}, {"b", "2"}, {"b", "1"}, {"c", "1"}},
             {{"a"}, {"b 1", "c 1"}},
             "a 1, b 1"},
        Case{"ACandidateMayConstrainItsOwnPackage",
             {{"a", "2", {}, {"a 1"}}, {"a", "1", {}, {"a 1"}}},
             {{"a"}},
             "a 1"},
        Case{"ACandidateMayRequireItself",
             {{"a", "2", {"a <2"}}, {"a", "1", {"a"}}},
             {{"a"}},
             "a 1"},
        Case{"PackagesMayRequireEachOther",
             {{"a", "1", {"b 1"}}, {"b", "2", {"a"}}, {"b", "1", {"a"}}},
             {{"a"}},
             "a 1, b 1"},
        Case{"ExcludedOnesAreOut", {{"a", "2", {}, {}, "yanked"}, {"a", "1"}}, {{"a"}}, "a 1"},
        Case{"UnusableOnesAreOut",
             {{"a", "2", {"gone"}, {}, "", "bad metadata"}, {"a", "1"}},
             {{"a"}},
             "a 1"},
        Case{"LockedOnesStay",
             {{"a", "1", {"b"}}, {"b", "3"}, {"b", "2"}, {"b", "1"}},
             {{"a"}, {}, {}, {"b 2"}},
             "a 1, b 2"},
        Case{"ALockDoesNotAskForItsPackage",
             {{"a", "1"}, {"b", "1"}},
             {{"a"}, {}, {}, {"b 1"}},
             "a 1"},
        Case{"ALockMayLeaveNoSolution",
             {{"a", "1", {"b >=2"}}, {"b", "2"}, {"b", "1"}},
             {{"a"}, {}, {}, {"b 1"}},
             "no solution"}));

INSTANTIATE_TEST_SUITE_P(
    Conditions, SolverChooses,
    testing::Values(Case{"AConditionThatHolds",
                         {{"a", "1", {"b if p <3"}}, {"b", "1"}, {"p", "2"}},
                         {{"a", "p"}},
                         "a 1, p 2, b 1"},
                    Case{"AConditionThatDoesNotHold",
                         {{"a", "1", {"b if p <3"}}, {"b", "1"}, {"p", "3"}},
                         {{"a", "p"}},
                         "a 1, p 3"},
                    Case{"AConditionOnWhatIsAbsent",
                         {{"a", "1", {"b if p"}}, {"b", "1"}, {"p", "3"}},
                         {{"a"}},
                         "a 1"},
                    Case{
                        "AConditionOnWhatComesLater",
                        {{"a", "1", {"b if z <3", "m"}}, {"b", "1"}, {"m", "1", {"z"}}, {"z", "2"}},
                        {{"a"}},
                        "a 1, m 1, z 2, b 1"},
                    Case{"AConditionThatMustNotHold",
                         {{"a", "1", {"gone if p >=3"}}, {"p", "4"}, {"p", "3"}, {"p", "2"}},
                         {{"a", "p"}},
                         "a 1, p 2"},
                    Case{"AConditionOnTheCandidateItself",
                         {{"a", "2", {"b if a 2"}}, {"a", "1"}, {"b", "1"}},
                         {{"a"}},
                         "a 2, b 1"}));

INSTANTIATE_TEST_SUITE_P(
    Wishes, SolverChooses,
    testing::Values(Case{"FavouredBeforeBetter",
                         {{"a", "1", {"b"}}, {"b", "3"}, {"b", "2"}, {"b", "1"}},
                         {{"a"}, {}, {}, {}, {"b 2"}},
                         "a 1, b 2"},
                    Case{"FavouredOnlyWhereItFits",
                         {{"a", "1", {"b !=2"}}, {"b", "3"}, {"b", "2"}, {"b", "1"}},
                         {{"a"}, {}, {}, {}, {"b 2"}},
                         "a 1, b 3"},
                    Case{"FavouredGivesWayToWhatIsAskedForFirst",
                         {{"a", "2", {"b 3"}}, {"a", "1", {"b"}}, {"b", "3"}, {"b", "2"}},
                         {{"a"}, {}, {}, {}, {"b 2"}},
                         "a 2, b 3"},
                    Case{"APreferenceComesBeforeWhatIsAskedFor",
                         {{"a", "2", {"b 3"}}, {"a", "1", {"b"}}, {"b", "3"}, {"b", "2"}},
                         {{"a"}, {}, {"b 2"}},
                         "a 1, b 2"},
                    Case{"APreferenceNeverCostsTheSolution",
                         {{"a", "1", {"b 3"}}, {"b", "3"}, {"b", "2"}},
                         {{"a"}, {}, {"b 2"}},
                         "a 1, b 3"},
                    Case{"APreferenceDoesNotAskForItsPackage",
                         {{"a", "1"}, {"b", "2"}},
                         {{"a"}, {}, {"b 2"}},
                         "a 1"},
                    Case{"AnEarlierPreferenceWins",
                         {{"a", "1", {"b", "c"}},
                          {"b", "2", {"c 2"}},
                          {"b", "1", {"c 1"}},
                          {"c", "2"},
                          {"c", "1"}},
                         {{"a"}, {}, {"c 1", "b 2"}},
                         "a 1, b 1, c 1"}));

// py-numpy x.1 is what the other ecosystem's numpy x carries, x.0 is a file of its own.
const std::vector<WorldRecord> kTwoEcosystems = {
    {"numpy", "2", {}, {"py-numpy 2.1"}}, {"numpy", "1", {}, {"py-numpy 1.1"}},
    {"py-numpy", "2.1", {"numpy 2"}},     {"py-numpy", "2.0"},
    {"py-numpy", "1.1", {"numpy 1"}},     {"py-numpy", "1.0"},
    {"wheel", "1", {"py-numpy <2"}}};

INSTANTIATE_TEST_SUITE_P(
    TwoEcosystems, SolverChooses,
    testing::Values(Case{"OneSideMovesTheOther",
                         kTwoEcosystems,
                         {{"numpy", "wheel"}},
                         "numpy 1, wheel 1, py-numpy 1.1"},
                    Case{"NeverBoth", kTwoEcosystems, {{"numpy", "py-numpy 2.0"}}, "no solution"},
                    Case{"AFileWhereTheOtherSideIsNotAskedFor",
                         kTwoEcosystems,
                         {{"wheel"}, {"numpy 2"}},
                         "wheel 1, py-numpy 1.0"}));

// What other tools' users know as the hard ones.
INSTANTIATE_TEST_SUITE_P(Backtracking, SolverChooses,
                         testing::Values(Case{"JumpsOverWhatHasNoPart",
                                              {{"a", "2", {"c 2"}},
                                               {"a", "1", {"c 1"}},
                                               {"b", "9"},
                                               {"b", "8"},
                                               {"c", "2", {"d"}},
                                               {"c", "1"},
                                               {"d", "1", {"e 1"}},
                                               {"e", "2"},
                                               {"e", "1"}},
                                              {{"a", "b", "e 2"}},
                                              "a 1, b 9, e 2, c 1"},
                                         Case{"ThreeThatCannotBeTogether",
                                              {{"a", "2", {"x <3"}},
                                               {"a", "1"},
                                               {"b", "2", {"x >1"}},
                                               {"b", "1"},
                                               {"c", "2", {"x !=2"}},
                                               {"c", "1"},
                                               {"x", "3"},
                                               {"x", "2"},
                                               {"x", "1"}},
                                              {{"a", "b", "c"}},
                                              "a 2, b 2, c 1, x 2"},
                                         Case{"NothingFits",
                                              {{"a", "2", {"b 2"}},
                                               {"a", "1", {"b 1"}},
                                               {"b", "2", {"c 2"}},
                                               {"b", "1", {"c 1"}}},
                                              {{"a"}},
                                              "no solution"}));

TEST(Solver, AsksOnlyForWhatItDecidesAbout) {
  WorldProvider provider(make_world({{"a", "2", {"b"}, {"elsewhere 1"}},
                                     {"a", "1", {"old"}},
                                     {"b", "1", {"late if absent"}},
                                     {"old", "1"},
                                     {"late", "1"},
                                     {"absent", "1"},
                                     {"elsewhere", "1"}},
                                    {{"a"}, {"pinned 1"}, {"wished 1"}}));
  EXPECT_EQ(answer(provider), "a 2, b 1");
  EXPECT_EQ(provider.asked_packages(), (std::multiset<std::string>{"a", "b"}));
  EXPECT_EQ(provider.asked_candidates(), (std::multiset<std::string>{"a 2", "b 1"}));
}

TEST(Solver, AsksForNothingTwiceEvenWhenItBacktracks) {
  WorldProvider provider(make_world({{"a", "2", {"b"}},
                                     {"a", "1", {"b"}},
                                     {"b", "2", {"c 1"}},
                                     {"b", "1", {"c 1", "d 1"}},
                                     {"c", "2"},
                                     {"c", "1", {"d 2"}},
                                     {"d", "2", {"a 1"}}},
                                    {{"a"}}));
  EXPECT_EQ(answer(provider), "a 1, b 2, c 1, d 2");
  for (const std::string& name : provider.asked_packages()) {
    EXPECT_EQ(provider.asked_packages().count(name), 1u) << name;
  }
  for (const std::string& name : provider.asked_candidates()) {
    EXPECT_EQ(provider.asked_candidates().count(name), 1u) << name;
  }
}

TEST(Solver, HintsAtPackagesBeforeItAsksForThem) {
  WorldProvider provider(make_world({{"a", "1", {"b", "c"}}, {"b", "1"}, {"c", "1"}}, {{"a"}}));
  EXPECT_EQ(answer(provider), "a 1, b 1, c 1");
  EXPECT_EQ(provider.hinted(), (std::set<std::string>{"a", "b", "c"}));
}

TEST(Solver, HintsAtTheCandidatesThatAreLikelyToBeChosen) {
  WorldProvider provider(make_world({{"a", "1", {"b", "c <3", "d"}},
                                     {"b", "2"},
                                     {"b", "1"},
                                     {"c", "3"},
                                     {"c", "2"},
                                     {"d", "2"},
                                     {"d", "1"}},
                                    {{"a"}, {}, {}, {}, {"d 1"}}));
  EXPECT_EQ(answer(provider), "a 1, b 2, c 2, d 1");
  EXPECT_EQ(provider.hinted_candidates(), (std::vector<std::string>{"a 1", "b 2", "c 2", "d 1"}));
}

TEST(Solver, StopsWhenAskedTo) {
  WorldProvider provider(make_world({{"a", "1"}}, {{"a"}}));
  std::stop_source source;
  source.request_stop();
  const Outcome outcome = solve(provider, provider.problem(), source.get_token());
  EXPECT_TRUE(std::holds_alternative<Cancelled>(outcome.result));
}

class StoppingProvider : public WorldProvider {
 public:
  using WorldProvider::WorldProvider;
  resolver::solver::Dependencies dependencies(resolver::solver::CandidateId candidate) override {
    source.request_stop();
    return WorldProvider::dependencies(candidate);
  }
  std::stop_source source;
};

TEST(Solver, StopsInTheMiddleOfItsWork) {
  StoppingProvider provider(
      make_world({{"a", "1", {"b"}}, {"b", "1", {"c"}}, {"c", "1"}}, {{"a"}}));
  const Outcome outcome = solve(provider, provider.problem(), provider.source.get_token());
  EXPECT_TRUE(std::holds_alternative<Cancelled>(outcome.result));
  EXPECT_EQ(provider.asked_candidates(), (std::multiset<std::string>{"a 1"}));
}

class FailingProvider : public WorldProvider {
 public:
  using WorldProvider::WorldProvider;
  resolver::solver::Candidates candidates(resolver::solver::PackageId package) override {
    if (name(package) == "b") throw std::runtime_error("the channel is gone");
    return WorldProvider::candidates(package);
  }
};

TEST(Solver, LetsTheProvidersErrorThrough) {
  FailingProvider provider(make_world({{"a", "1", {"b"}}, {"b", "1"}}, {{"a"}}));
  EXPECT_THROW(answer(provider), std::runtime_error);
}

TEST(Solver, ReportsItsEffort) {
  WorldProvider provider(make_world(kPair, {{"a", "b"}}));
  const Outcome outcome = solve(provider, provider.problem());
  EXPECT_EQ(outcome.effort.packages, 3u);
  EXPECT_EQ(outcome.effort.candidates, 4u);
  EXPECT_EQ(outcome.effort.decisions, 1u);
  EXPECT_EQ(outcome.effort.conflicts, 0u);
}

Conflict conflict_of(WorldProvider& provider) {
  const Outcome outcome = solve(provider, provider.problem());
  const auto* conflict = std::get_if<Conflict>(&outcome.result);
  return conflict != nullptr ? *conflict : Conflict{};
}

TEST(SolverConflict, NamesWhatIsNeededForItAndNoBystander) {
  WorldProvider provider(make_world({{"a", "2", {"b >=2", "other"}},
                                     {"a", "1", {"b >=2", "other"}},
                                     {"b", "2"},
                                     {"b", "1"},
                                     {"bystander", "1", {"b"}},
                                     {"other", "1"}},
                                    {{"bystander", "a", "b <2"}}));
  const Conflict conflict = conflict_of(provider);
  ASSERT_EQ(conflict.facts.size(), 3u);
  EXPECT_EQ(find_fault(provider, conflict), "");
  EXPECT_EQ(conflict.facts[0].kind, FactKind::kRequested);
  EXPECT_EQ(provider.set_of(conflict.facts[0].groups[0].set).text, "a");
  EXPECT_EQ(conflict.facts[1].kind, FactKind::kRequested);
  EXPECT_EQ(provider.set_of(conflict.facts[1].groups[0].set).text, "b <2");
  EXPECT_EQ(conflict.facts[2].kind, FactKind::kRequires);
  EXPECT_EQ(conflict.facts[2].candidates.size(), 2u);
  EXPECT_EQ(provider.set_of(conflict.facts[2].groups[0].set).text, "b >=2");
}

TEST(SolverConflict, NamesAPackageThatNobodyHas) {
  WorldProvider provider(make_world({}, {{"nowhere"}}));
  const Conflict conflict = conflict_of(provider);
  ASSERT_EQ(conflict.facts.size(), 1u);
  EXPECT_EQ(conflict.facts[0].groups.size(), 1u);
  EXPECT_TRUE(conflict.facts[0].groups[0].candidates.empty());
}

TEST(SolverConflict, NamesTheLockThePinTheExclusionAndTheUnusable) {
  const struct {
    WorldRecord record;
    WorldRequest request;
    FactKind kind;
  } cases[] = {
      {{"a", "2"}, {{"a 2"}, {}, {}, {"a 1"}}, FactKind::kLocked},
      {{"a", "2"}, {{"a 2"}, {"a 1"}}, FactKind::kPinned},
      {{"a", "2", {}, {}, "yanked"}, {{"a 2"}}, FactKind::kExcluded},
      {{"a", "2", {}, {}, "", "bad"}, {{"a 2"}}, FactKind::kUnusable},
      {{"a", "2", {}, {"a 1"}}, {{"a 2"}}, FactKind::kConstrains},
  };
  for (const auto& tested : cases) {
    WorldProvider provider(make_world({tested.record, {"a", "1"}}, tested.request));
    const Conflict conflict = conflict_of(provider);
    ASSERT_EQ(conflict.facts.size(), 2u);
    const bool first = conflict.facts[0].kind == tested.kind;
    EXPECT_TRUE(first || conflict.facts[1].kind == tested.kind);
    EXPECT_EQ(find_fault(provider, conflict), "");
  }
}

}  // namespace
}  // namespace kasane::test
