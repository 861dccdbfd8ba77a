#include <variant>

#include <gtest/gtest.h>

#include "resolver/solver/solver.h"
#include "tests/support/solver_oracle.h"
#include "tests/support/solver_random_world.h"

namespace kasane::test {
namespace {

using resolver::solver::Conflict;
using resolver::solver::ConflictFact;
using resolver::solver::Outcome;
using resolver::solver::Solution;

constexpr std::uint32_t kWorlds = 2'000;

TEST(SolverRandom, AgreesWithBruteForce) {
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    const SolverWorld world = make_random_world(seed);
    const auto expected = find_by_brute_force(world);
    WorldProvider provider(world);
    const Outcome outcome = solve(provider, provider.problem());
    const auto* solution = std::get_if<Solution>(&outcome.result);
    ASSERT_EQ(solution != nullptr, expected.has_value()) << "seed " << seed;
    if (solution == nullptr) continue;
    ASSERT_EQ(find_fault(provider, *solution), "") << "seed " << seed;
    ASSERT_EQ(assignment_of(provider, *solution), *expected) << "seed " << seed;
  }
}

TEST(SolverRandom, ConflictsAreTrueSufficientAndMinimal) {
  std::uint32_t conflicts = 0;
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    WorldProvider provider(make_random_world(seed));
    const Outcome outcome = solve(provider, provider.problem());
    const auto* conflict = std::get_if<Conflict>(&outcome.result);
    if (conflict == nullptr) continue;
    ++conflicts;
    ASSERT_EQ(find_fault(provider, *conflict), "") << "seed " << seed;
  }
  EXPECT_GT(conflicts, kWorlds / 4);
}

/// A conflict without ids.
std::string to_text(const WorldProvider& provider, const Conflict& conflict) {
  std::string text;
  const auto name = [&](const auto& ids) {
    std::string names;
    for (const auto id : ids) names += std::to_string(provider.place_of(id).candidate) + " ";
    return names;
  };
  for (const ConflictFact& fact : conflict.facts) {
    text += std::to_string(static_cast<int>(fact.kind)) + ": ";
    if (fact.subject) text += std::to_string(provider.place_of(fact.subject)) + " at ";
    text += name(fact.candidates);
    for (const auto& group : fact.groups) {
      text += "-> " + std::to_string(provider.place_of(group.package)) + " at ";
      text += name(group.candidates);
    }
    for (const auto& group : fact.condition) {
      text += "if " + std::to_string(provider.place_of(group.package)) + " at ";
      text += name(group.candidates);
    }
    text += "\n";
  }
  return text;
}

TEST(SolverRandom, IdsAndOrdersChangeNeitherSolutionsNorConflictsNorEffort) {
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    const SolverWorld world = make_random_world(seed);
    WorldProvider plain(world);
    WorldProvider shuffled(world, seed);
    const Outcome one = solve(plain, plain.problem());
    const Outcome other = solve(shuffled, shuffled.problem());
    ASSERT_EQ(one.result.index(), other.result.index()) << "seed " << seed;
    ASSERT_EQ(one.effort.decisions, other.effort.decisions) << "seed " << seed;
    ASSERT_EQ(one.effort.conflicts, other.effort.conflicts) << "seed " << seed;
    if (const auto* solution = std::get_if<Solution>(&one.result)) {
      ASSERT_EQ(to_text(plain, *solution), to_text(shuffled, std::get<Solution>(other.result)))
          << "seed " << seed;
    } else {
      ASSERT_EQ(to_text(plain, std::get<Conflict>(one.result)),
                to_text(shuffled, std::get<Conflict>(other.result)))
          << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace kasane::test
