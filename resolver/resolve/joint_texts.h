#pragma once

#include <string>
#include <vector>

#include "resolver/conda/conda_texts.h"
#include "resolver/pypi/pypi_texts.h"
#include "resolver/resolve/joint_provider.h"
#include "resolver/solver/conflict_story.h"

namespace kasane::resolver {

/// Tells conflicts that go across both sides as one story. Borrows all that it is given.
class JointTexts final : public solver::StoryTexts {
 public:
  JointTexts(JointProvider& joint, CondaTexts& conda, pypi::PypiTexts& pypi)
      : joint_(joint), conda_(conda), pypi_(pypi) {}

  std::string name(solver::PackageId package) override;
  std::string text(solver::VersionSetId set) override;
  std::string origin(solver::VersionSetId set) override;
  std::vector<solver::CandidateId> candidates(solver::PackageId package) override;
  std::string version(solver::CandidateId candidate) override;
  std::weak_ordering compare_versions(solver::CandidateId a, solver::CandidateId b) override;
  std::string why_not(solver::CandidateId candidate) override;
  std::string hint_for_missing(solver::PackageId package) override;
  std::string hint_for_empty(solver::VersionSetId set) override;

 private:
  StoryTexts& of(JointProvider::Side side);

  JointProvider& joint_;
  CondaTexts& conda_;
  pypi::PypiTexts& pypi_;
};

}  // namespace kasane::resolver
