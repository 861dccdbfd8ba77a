#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/solver/conflict.h"
#include "resolver/solver/solver.h"
#include "tests/support/solver_world_provider.h"

namespace kasane::test {

/// For each package the chosen candidate's place, or kNotChosen.
using Assignment = std::vector<int>;
inline constexpr int kNotChosen = -1;

/// By trying everything: the answer that docs/solver.md defines; none where there is no solution.
/// For at most 15 candidates a package.
std::optional<Assignment> find_by_brute_force(const SolverWorld& world);

/// What is wrong with a solution; empty: nothing.
std::string find_fault(const WorldProvider& provider, const resolver::solver::Solution& solution);
/// What is wrong with a conflict: a fact that the world does not hold, facts that can hold
/// together, or a fact that is not needed; empty: nothing.
std::string find_fault(const WorldProvider& provider, const resolver::solver::Conflict& conflict);

Assignment assignment_of(const WorldProvider& provider, const resolver::solver::Solution& solution);
/// `a 2, b 1`, in the order of choice.
std::string to_text(const WorldProvider& provider, const resolver::solver::Solution& solution);

}  // namespace kasane::test
