#pragma once

#include <map>
#include <string>

#include "resolver/solver/conflict_story.h"
#include "tests/support/solver_world_provider.h"

namespace kasane::test {

/// The words of a SolverWorld. Requests come from `spec.yml`, in the order of their ranks from
/// line 1.
class WorldTexts : public resolver::solver::StoryTexts {
 public:
  explicit WorldTexts(WorldProvider& provider) : provider_(provider) {}

  /// By package name, and by a set's text.
  std::map<std::string, std::string> hints;

  std::string name(resolver::solver::PackageId package) override;
  std::string text(resolver::solver::VersionSetId set) override;
  std::string origin(resolver::solver::VersionSetId set) override;
  std::vector<resolver::solver::CandidateId> candidates(
      resolver::solver::PackageId package) override;
  std::string version(resolver::solver::CandidateId candidate) override;
  std::weak_ordering compare_versions(resolver::solver::CandidateId a,
                                      resolver::solver::CandidateId b) override;
  std::string why_not(resolver::solver::CandidateId candidate) override;
  std::string hint_for_missing(resolver::solver::PackageId package) override;
  std::string hint_for_empty(resolver::solver::VersionSetId set) override;

 private:
  const SolverWorld::Candidate& at(resolver::solver::CandidateId candidate) const;
  std::string hint(const std::string& key) const;

  WorldProvider& provider_;
};

}  // namespace kasane::test
