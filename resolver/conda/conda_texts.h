#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "resolver/conda/conda_provider.h"
#include "resolver/solver/conflict_story.h"

namespace kasane::resolver {

/// Tells conflicts of conda's packages, and what may be done about them: names that are nearly
/// right, channels that have what is missing, virtual packages. Borrows the provider.
class CondaTexts final : public solver::StoryTexts {
 public:
  CondaTexts(CandidateBook& book, CondaProvider& provider) : book_(book), provider_(provider) {}

  /// The set was asked for, at `environment.yml:7` or nobody knows where. The first one counts.
  void set_origin(solver::VersionSetId set, std::string origin);

  std::string name(solver::PackageId package) override { return book_.name(package); }
  std::string text(solver::VersionSetId set) override { return book_.set(set).text; }
  std::string origin(solver::VersionSetId set) override;
  std::vector<solver::CandidateId> candidates(solver::PackageId package) override;
  std::string version(solver::CandidateId candidate) override;
  std::weak_ordering compare_versions(solver::CandidateId a, solver::CandidateId b) override;
  std::string why_not(solver::CandidateId candidate) override;
  std::string hint_for_missing(solver::PackageId package) override;
  std::string hint_for_empty(solver::VersionSetId set) override;

 private:
  const CandidateVersion& version_of(solver::CandidateId candidate);
  std::string hint_for_hidden(const std::string& name, const CondaSet* set);
  std::string hint_for_newer(const std::string& name, const CondaSet* set);
  std::string hint_for_build(const CondaSet& set);
  std::string hint_for_name(const std::string& name, bool asked_for);

  CandidateBook& book_;
  CondaProvider& provider_;
  std::unordered_map<std::uint32_t, std::string> origins_;
  /// By package.
  std::unordered_set<std::uint32_t> asked_for_;
};

}  // namespace kasane::resolver
