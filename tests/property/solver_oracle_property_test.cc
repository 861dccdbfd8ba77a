#include <variant>

#include <gtest/gtest.h>

#include "resolver/solver/solver.h"
#include "tests/support/solver_oracle.h"
#include "tests/support/solver_random_world.h"

namespace kasane::test {
namespace {

using resolver::solver::Conflict;
using resolver::solver::Solution;

// One failing world says enough; the seed makes it again.
TEST(SolverProperty, AgreesWithBruteForceOnAHundredThousandWorlds) {
  std::uint32_t solved = 0;
  constexpr std::uint32_t kWorlds = 100'000;
  for (std::uint32_t seed = 1; seed <= kWorlds; ++seed) {
    const SolverWorld world = make_random_world(seed);
    const auto expected = find_by_brute_force(world);
    WorldProvider provider(world, seed);
    const auto outcome = solve(provider, provider.problem());
    ASSERT_EQ(std::holds_alternative<Solution>(outcome.result), expected.has_value())
        << "seed " << seed;
    if (const auto* solution = std::get_if<Solution>(&outcome.result)) {
      ++solved;
      ASSERT_EQ(find_fault(provider, *solution), "") << "seed " << seed;
      ASSERT_EQ(assignment_of(provider, *solution), *expected) << "seed " << seed;
    } else {
      ASSERT_EQ(find_fault(provider, std::get<Conflict>(outcome.result)), "") << "seed " << seed;
    }
  }
  EXPECT_GT(solved, kWorlds / 4);
  EXPECT_LT(solved, kWorlds * 3 / 4);
}

}  // namespace
}  // namespace kasane::test
