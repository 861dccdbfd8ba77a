#pragma once

#include <vector>

#include "resolver/solver/ids.h"

namespace kasane::resolver::solver {

enum class FactKind {
  /// The problem asks for one of `sets`.
  kRequested,
  /// The problem lets the package be present only from this set.
  kPinned,
  /// The problem lets the package be present only as this one candidate.
  kLocked,
  /// A preference of the problem. Never part of a conflict.
  kPreferred,
  /// Each of `candidates` asks for one of `sets`.
  kRequires,
  /// Each of `candidates` lets a package be present only from this set.
  kConstrains,
  /// The provider excludes `candidates`.
  kExcluded,
  /// Each of `candidates` turned out to be unusable.
  kUnusable,
};

/// A set of candidates of one package. An empty one of a package without candidates: nobody has it.
struct CandidateGroup {
  PackageId package;
  /// As it was written down; none for the one candidate of a lock.
  VersionSetId set = VersionSetId::none();
  /// Best first.
  std::vector<CandidateId> candidates = {};
  bool operator==(const CandidateGroup&) const = default;
};

/// One fact that a conflict rests on: an edge of the derivation, from `candidates` of `subject`
/// (or, without a subject, from the problem) to the groups that it speaks of.
struct ConflictFact {
  FactKind kind = FactKind::kRequested;
  PackageId subject = PackageId::none();
  /// Best first.
  std::vector<CandidateId> candidates = {};
  std::vector<CandidateGroup> groups = {};
  /// The group whose presence the fact depends on, where it has a condition.
  std::vector<CandidateGroup> condition = {};
  bool operator==(const ConflictFact&) const = default;
};

/// Why a problem has no solution: facts that cannot hold together, in the order in which the search
/// met them, none of which could be left out.
struct Conflict {
  std::vector<ConflictFact> facts;
};

}  // namespace kasane::resolver::solver
