#include <variant>

#include <gtest/gtest.h>

#include "resolver/solver/solver.h"
#include "tests/support/solver_large_world.h"

namespace kasane::test {
namespace {

using resolver::solver::Conflict;
using resolver::solver::Outcome;
using resolver::solver::Problem;
using resolver::solver::Solution;

// The effort is asserted, not the time: it is the same on every machine.

TEST(HardCases, PackagesInLockstepCostOneConflictForEachVersionAtMost) {
  LargeWorld world;
  const Problem problem = fill_with_lockstep(world, 1000);
  const Outcome outcome = solve(world, problem);
  ASSERT_TRUE(std::holds_alternative<Solution>(outcome.result));
  EXPECT_EQ(std::get<Solution>(outcome.result).choices.size(), 3u);
  EXPECT_LE(outcome.effort.conflicts, 1000u);
  EXPECT_LE(outcome.effort.candidates, 2010u);
}

TEST(HardCases, ALongChainCostsOneConflictForEachVersionNotForEachLink) {
  LargeWorld world;
  const Problem problem = fill_with_chain(world, 200, 20);
  const Outcome outcome = solve(world, problem);
  ASSERT_TRUE(std::holds_alternative<Solution>(outcome.result));
  EXPECT_EQ(std::get<Solution>(outcome.result).choices.size(), 200u);
  EXPECT_LE(outcome.effort.conflicts, 20u);
}

TEST(HardCases, PigeonsAreRefused) {
  LargeWorld world;
  const Problem problem = fill_with_pigeons(world, 6);
  const Outcome outcome = solve(world, problem);
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome.result));
  EXPECT_LE(outcome.effort.conflicts, 200u);
}

TEST(HardCases, AnOrdinaryRequestLooksAtFewCandidates) {
  LargeWorld world;
  fill_like_a_channel(world, {.packages = 500});
  std::vector<resolver::solver::VersionSetId> wanted;
  for (std::uint32_t i = 40; i < 500; i += 50) {
    wanted.push_back(world.any(resolver::solver::PackageId(i)));
  }
  const Outcome outcome = solve(world, world.request(wanted));
  ASSERT_TRUE(std::holds_alternative<Solution>(outcome.result));
  EXPECT_LE(outcome.effort.candidates, outcome.effort.packages * 3);
}

}  // namespace
}  // namespace kasane::test
