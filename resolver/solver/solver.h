#pragma once

#include <cstdint>
#include <stop_token>
#include <variant>
#include <vector>

#include "resolver/solver/conflict.h"
#include "resolver/solver/problem.h"
#include "resolver/solver/provider.h"

namespace kasane::resolver::solver {

/// One candidate of each package that is needed, in the order in which the search met them.
struct Solution {
  std::vector<Choice> choices;
};

/// The stop token was triggered.
struct Cancelled {};

struct Effort {
  std::uint32_t decisions = 0;
  std::uint32_t conflicts = 0;
  /// Packages whose candidates were asked for.
  std::uint32_t packages = 0;
  /// Candidates whose dependencies were asked for.
  std::uint32_t candidates = 0;
};

struct Outcome {
  std::variant<Solution, Conflict, Cancelled> result;
  Effort effort;
};

/// Finds the solution of the problem that docs/solver.md defines, or shows that there is none. The
/// result, conflicts included, is a function of the problem and of what the provider answers: not
/// of ids, of the order of unordered things, or of time. What the provider throws passes through.
Outcome solve(Provider& provider, const Problem& problem, std::stop_token stop = {});

}  // namespace kasane::resolver::solver
