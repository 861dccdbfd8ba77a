#pragma once

#include <span>
#include <string_view>

#include "resolver/solver/ids.h"
#include "resolver/solver/problem.h"

namespace kasane::resolver::solver {

/// Marks which candidates of a package are in a set, by their place in `Candidates::ordered`.
class CandidateMask {
 public:
  CandidateMask(std::uint64_t* words, std::uint32_t size) : words_(words), size_(size) {}
  std::uint32_t size() const { return size_; }
  void add(std::uint32_t place) { words_[place / 64] |= std::uint64_t{1} << (place % 64); }

 private:
  std::uint64_t* words_;
  std::uint32_t size_;
};

/// Where packages come from. The solver asks for the candidates of a package once something that it
/// considers requires it, and for the dependencies of a candidate once it is about to choose it;
/// for each of them at most once in a solve. Answers must stay valid and the same for as long as
/// the solver lives. Ids are small numbers counted from 0: the solver keeps tables by id. Calls
/// come from the thread that runs the solver, may block, and may throw, which ends the solve.
class Provider {
 public:
  virtual ~Provider() = default;

  /// Unique among packages and independent of ids: the last word where ranks are equal.
  virtual std::string_view name(PackageId package) = 0;
  virtual Candidates candidates(PackageId package) = 0;
  virtual Dependencies dependencies(CandidateId candidate) = 0;

  virtual PackageId package_of(VersionSetId set) = 0;
  /// Whether requirements whose first set is of this package wait until no other requirement does:
  /// it must not disturb what the others would choose. The same answer each time.
  virtual bool comes_later(PackageId /*package*/) { return false; }
  /// Adds the places of the set's candidates to `mask`, which is empty and has a place for each of
  /// `candidates(package_of(set)).ordered`.
  virtual void select(VersionSetId set, CandidateMask& mask) = 0;

  /// These packages will be asked for next: a chance to fetch them all at once.
  virtual void hint_packages(std::span<const PackageId> /*packages*/) {}
  /// The dependencies of these candidates will probably be asked for soon, in no certain order.
  /// What is fetched in vain changes nothing.
  virtual void hint_candidates(std::span<const CandidateId> /*candidates*/) {}
};

}  // namespace kasane::resolver::solver
