#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/pypi/distribution_source.h"
#include "resolver/pypi/marker_environment.h"
#include "resolver/pypi/project_versions.h"
#include "resolver/solver/provider.h"
#include "resolver/solver/solver.h"

namespace kasane::resolver::pypi {

/// For what distributions are solved.
struct PypiTarget {
  MarkerEnvironment environment;
  WheelTarget wheels;
  /// The Python that there is, as a version.
  PythonVersion python;
};

/// Rules of one solve that a person may set.
struct PypiRules {
  bool allow_sources = false;
  bool prereleases = false;
  std::set<std::string> no_binary = {};
  std::set<std::string> only_binary = {};
};

/// A distribution that a solution chose.
struct ChosenDistribution {
  std::string project;
  const DistributionFile* file = nullptr;
  /// Sorted.
  std::vector<std::string> extras;
};

/// Python distributions for the solver. A project is one package; each optional feature that is
/// asked for is another one, `demo[test]`, whose candidates require the project in the same version
/// and what the feature adds. `Python` is a package with the target's version as its only
/// candidate. Borrows the source. One thread.
class PypiProvider final : public solver::Provider {
 public:
  PypiProvider(DistributionSource& source, PypiTarget target, PypiRules rules = {});

  /// What the request asks for: all of it, before the first solve. Requirements whose marker does
  /// not hold in the target are passed over; one with a URL is an Error of kind kRefused.
  /// `origin` is where a person wrote it, for messages.
  void require(const Requirement& requirement, std::uint32_t rank = 0, std::string origin = {});
  /// If it is there at all, then so.
  void constrain(const Requirement& requirement);
  void require_python(const SpecifierSet& specifiers);
  solver::Problem problem() const;

  std::vector<ChosenDistribution> read(const solver::Solution& solution) const;

  std::string_view name(solver::PackageId package) override;
  solver::Candidates candidates(solver::PackageId package) override;
  solver::Dependencies dependencies(solver::CandidateId candidate) override;
  solver::PackageId package_of(solver::VersionSetId set) override;
  void select(solver::VersionSetId set, solver::CandidateMask& mask) override;
  void hint_packages(std::span<const solver::PackageId> packages) override;
  void hint_candidates(std::span<const solver::CandidateId> candidates) override;

  /// For those who tell of conflicts.
  const std::string& text(solver::VersionSetId set) const { return set_of(set).text; }
  const std::string& origin(solver::VersionSetId set) const { return set_of(set).origin; }
  const PythonVersion& version(solver::CandidateId candidate) const;
  std::string why_not(solver::CandidateId candidate) const;
  bool is_known(solver::PackageId package);

 private:
  struct Package {
    std::string name;
    std::string project;
    /// Empty for the project itself.
    std::string extra;
    bool loaded = false;
    std::vector<solver::CandidateId> ordered;
    std::vector<std::uint32_t> excluded;
  };
  struct Candidate {
    solver::PackageId package;
    std::uint32_t place = 0;
    std::string unusable = {};
  };
  struct Set {
    solver::PackageId package;
    SpecifierSet specifiers;
    /// The version of an extra's project: that place alone.
    std::optional<std::uint32_t> place;
    std::string text;
    std::string origin = {};
  };
  struct Asked {
    std::vector<solver::Requirement> requirements;
    /// Behind the spans of `requirements`; the inner ones never move.
    std::deque<std::vector<solver::VersionSetId>> any_of;
  };

  solver::PackageId package(const std::string& project, const std::string& extra);
  solver::VersionSetId set(solver::PackageId package, const SpecifierSet& specifiers);
  solver::VersionSetId same_version(const Package& package, std::uint32_t place);
  const std::vector<ProjectVersion>& versions(const std::string& project);
  void load(solver::PackageId id);
  void ask(solver::VersionSetId set, std::uint32_t rank, Asked& asked);
  void ask(const Requirement& requirement, std::uint32_t rank, Asked& asked);
  void ask_for_python(const SpecifierSet& specifiers, Asked& asked);
  bool read_dependencies(Candidate& candidate, Asked& asked);
  bool read_metadata(Candidate& candidate, const Metadata& metadata, Asked& asked);
  bool python_fits(const SpecifierSet& specifiers) const;
  const Package& package_of(const Candidate& candidate) const;
  const Set& set_of(solver::VersionSetId id) const { return sets_[id.value()]; }

  DistributionSource& source_;
  PypiTarget target_;
  TagRanks tags_;
  VersionChoice choice_;
  std::map<std::string, std::vector<SpecifierSet>> direct_;
  Asked request_;
  std::vector<solver::VersionSetId> constraints_;

  std::deque<Package> packages_;
  std::map<std::pair<std::string, std::string>, solver::PackageId> package_ids_;
  std::map<std::string, std::vector<ProjectVersion>> versions_;
  std::deque<Candidate> candidates_;
  std::deque<Set> sets_;
  std::map<std::pair<solver::PackageId, std::string>, solver::VersionSetId> set_ids_;
  std::map<std::uint32_t, Asked> asked_;
};

}  // namespace kasane::resolver::pypi
