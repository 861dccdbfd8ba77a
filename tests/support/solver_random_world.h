#pragma once

#include <cstdint>

#include "tests/support/solver_world.h"

namespace kasane::test {

/// A small world that uses everything a problem can say; about half of them have no solution. The
/// same seed gives the same world everywhere.
SolverWorld make_random_world(std::uint32_t seed);

}  // namespace kasane::test
