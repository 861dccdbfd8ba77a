#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/conda/candidate_book.h"
#include "resolver/solver/provider.h"

namespace kasane::resolver {

/// conda's packages for the solver. Virtual packages are always there: a candidate that constrains
/// one asks for it where the system has it, and what the system satisfies is not asked for at all.
/// Borrows the book. Not thread-safe.
class CondaProvider final : public solver::Provider {
 public:
  explicit CondaProvider(CandidateBook& book) : book_(book) {}

  std::string_view name(solver::PackageId package) override { return book_.name(package); }
  solver::Candidates candidates(solver::PackageId package) override;
  solver::Dependencies dependencies(solver::CandidateId candidate) override;
  solver::PackageId package_of(solver::VersionSetId set) override { return book_.set(set).package; }
  void select(solver::VersionSetId set, solver::CandidateMask& mask) override;
  void hint_packages(std::span<const solver::PackageId> packages) override;
  void hint_candidates(std::span<const solver::CandidateId> candidates) override;

  /// Why the candidate cannot be used; nothing when it can, or was never looked at.
  std::optional<std::string> find_fault(solver::CandidateId candidate) const;
  /// How many records were found that cannot be used.
  std::size_t fault_count() const { return faults_.size(); }
  /// The first of them and why, in the order of names and candidates.
  std::string first_fault() const;

 private:
  struct Answer {
    bool known = false;
    bool unusable = false;
    std::vector<solver::Requirement> requirements;
    std::vector<solver::VersionSetId> constrains;
  };
  void answer(solver::CandidateId candidate, Answer& out);
  bool add_dependency(std::string_view text, Answer& out);
  bool add_constraint(std::string_view text, Answer& out);

  CandidateBook& book_;
  /// By package; the numbers of its candidates in order.
  std::unordered_map<std::uint32_t, std::vector<solver::CandidateId>> ordered_;
  /// By candidate.
  std::deque<Answer> answers_;
  std::unordered_map<std::uint32_t, std::string> faults_;
};

}  // namespace kasane::resolver
