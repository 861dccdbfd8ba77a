#pragma once

#include <string>
#include <vector>

#include "resolver/pypi/pypi_provider.h"
#include "resolver/solver/conflict_story.h"

namespace kasane::resolver::pypi {

/// The words in which conflicts of Python distributions are told. Borrows the provider.
class PypiTexts final : public solver::StoryTexts {
 public:
  explicit PypiTexts(PypiProvider& provider) : provider_(provider) {}

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
  PypiProvider& provider_;
};

}  // namespace kasane::resolver::pypi
