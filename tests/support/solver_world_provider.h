#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "resolver/solver/problem.h"
#include "resolver/solver/provider.h"
#include "tests/support/solver_world.h"

namespace kasane::test {

/// Serves a SolverWorld. A seed other than 0 shuffles all that must not matter: every id, the order
/// of requirements, of restrictions, of excluded places and of the request's lists.
class WorldProvider : public resolver::solver::Provider {
 public:
  explicit WorldProvider(const SolverWorld& world, unsigned seed = 0);

  const resolver::solver::Problem& problem() const { return problem_; }
  const SolverWorld& world() const { return world_; }
  /// Back from ids to places.
  std::size_t place_of(resolver::solver::PackageId package) const;
  SolverWorld::Place place_of(resolver::solver::CandidateId candidate) const;
  const SolverWorld::Set& set_of(resolver::solver::VersionSetId set) const;
  /// Of the package at this place, best first.
  const std::vector<resolver::solver::CandidateId>& candidate_ids(std::size_t package) const {
    return candidate_ids_.at(package);
  }

  std::string_view name(resolver::solver::PackageId package) override;
  resolver::solver::Candidates candidates(resolver::solver::PackageId package) override;
  resolver::solver::Dependencies dependencies(resolver::solver::CandidateId candidate) override;
  resolver::solver::PackageId package_of(resolver::solver::VersionSetId set) override;
  void select(resolver::solver::VersionSetId set, resolver::solver::CandidateMask& mask) override;
  bool comes_later(resolver::solver::PackageId package) override;
  void hint_packages(std::span<const resolver::solver::PackageId> packages) override;
  void hint_candidates(std::span<const resolver::solver::CandidateId> candidates) override;

  /// What the solver has asked for, by name, and by name and version.
  const std::multiset<std::string>& asked_packages() const { return asked_packages_; }
  const std::multiset<std::string>& asked_candidates() const { return asked_candidates_; }
  const std::set<std::string>& hinted() const { return hinted_; }
  const std::vector<std::string>& hinted_candidates() const { return hinted_candidates_; }

 private:
  struct Said {
    std::vector<std::vector<resolver::solver::VersionSetId>> any_of;
    std::vector<resolver::solver::Requirement> requirements;
    std::vector<resolver::solver::VersionSetId> constrains;
  };

  void number_everything(unsigned seed);
  void ask();
  resolver::solver::VersionSetId intern(const SolverWorld::Set& set);
  Said say(const std::vector<SolverWorld::Need>& needs, const std::vector<SolverWorld::Set>& sets);

  SolverWorld world_;
  std::vector<std::uint32_t> package_ids_;
  std::vector<std::size_t> packages_;
  std::vector<std::vector<resolver::solver::CandidateId>> candidate_ids_;
  std::vector<SolverWorld::Place> candidates_;
  std::vector<std::vector<std::uint32_t>> excluded_;
  std::vector<std::vector<Said>> said_;
  std::vector<std::uint32_t> free_set_ids_;
  std::map<std::uint32_t, SolverWorld::Set> sets_;
  std::map<std::pair<std::size_t, std::string>, resolver::solver::VersionSetId> interned_;
  Said request_;
  resolver::solver::Problem problem_;
  std::multiset<std::string> asked_packages_;
  std::multiset<std::string> asked_candidates_;
  std::set<std::string> hinted_;
  std::vector<std::string> hinted_candidates_;
};

}  // namespace kasane::test
