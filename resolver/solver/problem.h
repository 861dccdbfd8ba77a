#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/solver/ids.h"

namespace kasane::resolver::solver {

/// What must be there: a candidate of at least one of the sets in `any_of`, which is not empty.
/// Where there are several sets, the first one is preferred. With a condition, only where a
/// candidate of that set is chosen. `rank` orders the requirements of one request or one candidate,
/// lowest first; equal ranks are taken in the order of their packages' names. The span must outlive
/// the solver.
struct Requirement {
  std::span<const VersionSetId> any_of;
  VersionSetId condition = VersionSetId::none();
  std::uint32_t rank = 0;
};

/// One candidate of a package.
struct Choice {
  PackageId package;
  CandidateId candidate;
  bool operator==(const Choice&) const = default;
};

/// Taken on where it can be: if the package is chosen at all, then from this set. Preferences of a
/// lower rank are taken on first; equal ranks in the order of their packages' names.
struct Preference {
  VersionSetId set;
  std::uint32_t rank = 0;
};

/// A question to the solver. The order within each vector means nothing. docs/solver.md says which
/// of all solutions is the answer.
struct Problem {
  std::vector<Requirement> requirements;
  /// "If present, then in this set": pins that do not ask for the package.
  std::vector<VersionSetId> constraints;
  /// Never decide whether there is a solution.
  std::vector<Preference> preferences;
  /// If the package is present, then this candidate.
  std::vector<Choice> locked;
  /// Tried before the package's other candidates.
  std::vector<Choice> favoured;
};

/// The candidates of a package.
struct Candidates {
  /// Best first. The order is part of the problem: it must not depend on ids or on arrival.
  std::span<const CandidateId> ordered;
  /// Places in `ordered` of those that must not be chosen; the provider's texts know why.
  std::span<const std::uint32_t> excluded;
};

/// What a candidate asks for.
struct Dependencies {
  std::span<const Requirement> requirements;
  /// "If present, then in this set."
  std::span<const VersionSetId> constrains;
  /// What is known of the candidate shows that it cannot be used; the provider's texts know why.
  bool unusable = false;
};

}  // namespace kasane::resolver::solver
