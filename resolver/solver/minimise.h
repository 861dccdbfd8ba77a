#pragma once

#include <stop_token>
#include <vector>

#include "resolver/solver/engine.h"

namespace kasane::resolver::solver {

/// A fact as the engine knows it.
struct EnteredFact {
  FactId fact;
  NogoodId nogood;
};

/// Leaves out of `facts`, which cannot hold together in `engine`, whatever is not needed for that.
/// Each of those that remain is needed, unless the effort for showing that would be out of
/// proportion. A function of its arguments alone, but for `stop`, which ends it early.
std::vector<EnteredFact> minimise(const Engine& engine, std::vector<EnteredFact> facts,
                                  std::stop_token stop);

}  // namespace kasane::resolver::solver
