#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "resolver/pypi/distribution_source.h"
#include "resolver/pypi/offer_source.h"
#include "resolver/pypi/project_versions.h"
#include "resolver/pypi/pythons.h"
#include "resolver/solver/provider.h"
#include "resolver/solver/solver.h"

namespace kasane::resolver::pypi {

/// Rules of one solve that a person may set.
struct PypiRules {
  bool allow_sources = false;
  bool prereleases = false;
  /// Wheels of no project may be taken.
  bool no_wheels = false;
  std::set<std::string> no_binary = {};
  std::set<std::string> only_binary = {};
  /// Projects of which what others offer is not taken.
  std::set<std::string> without_offers = {};
  /// What others offer is taken before what indexes have.
  bool prefer_offers = false;
};

/// A distribution that a solution chose.
struct ChosenDistribution {
  std::string project;
  /// nullptr: it is what others offer.
  const DistributionFile* file = nullptr;
  const PythonVersion* version = nullptr;
  /// Sorted.
  std::vector<std::string> extras = {};
  /// What it and its chosen extras require on the chosen Python: project to specifiers. Of what
  /// others offer, the extras' part alone.
  std::map<std::string, std::string> dependencies = {};
};

/// Python distributions for the solver. A project is one package; each optional feature that is
/// asked for is another one, `demo[test]`, whose candidates require the project as the same
/// candidate and what the feature adds. `Python` is a package with the targets as its candidates:
/// one of them is always chosen, and markers, wheels' tags and `Requires-Python` are sets of them.
/// Borrows the sources. One thread.
class PypiProvider final : public solver::Provider {
 public:
  PypiProvider(DistributionSource& source, std::vector<PypiTarget> targets, PypiRules rules = {},
               OfferSource* offers = nullptr);

  /// What the request asks for: all of it, before the first solve. Requirements whose marker holds
  /// on no target are passed over; one with a URL is an Error of kind kRefused. `origin` is where a
  /// person wrote it, for messages.
  void require(const Requirement& requirement, std::uint32_t rank = 0,
               const std::string& origin = {});
  /// If it is there at all, then so.
  void constrain(const Requirement& requirement);
  void require_python(const SpecifierSet& specifiers, std::string origin = {});
  solver::Problem problem();

  std::vector<ChosenDistribution> read(const solver::Solution& solution) const;

  std::string_view name(solver::PackageId package) override;
  solver::Candidates candidates(solver::PackageId package) override;
  solver::Dependencies dependencies(solver::CandidateId candidate) override;
  solver::PackageId package_of(solver::VersionSetId set) override;
  void select(solver::VersionSetId set, solver::CandidateMask& mask) override;
  void hint_packages(std::span<const solver::PackageId> packages) override;
  void hint_candidates(std::span<const solver::CandidateId> candidates) override;

  /// The version of a project that others offer, as the only one of a set. `text` is how people
  /// see it. Without a version the set is empty.
  solver::VersionSetId offered(const std::string& project,
                               const std::optional<PythonVersion>& version,
                               const std::string& text);
  /// Sets for preferences: the project's file of that name; its files of that version; nothing when
  /// there is no such candidate.
  std::optional<solver::VersionSetId> find_file(const std::string& project,
                                                const std::string& file_name);
  std::optional<solver::VersionSetId> find_files(const std::string& project,
                                                 const PythonVersion& version);
  /// The Python at that place, as the only one of a set; without a place the set is empty.
  solver::VersionSetId python_at(std::optional<std::size_t> place, const std::string& text);

  /// What a candidate stands for, to those who bring offers and Pythons.
  struct Origin {
    std::string project;
    std::optional<std::size_t> offer = std::nullopt;
    std::optional<std::size_t> python = std::nullopt;
  };
  Origin origin_of(solver::CandidateId candidate) const;

  /// For those who tell of conflicts.
  const std::string& text(solver::VersionSetId set) const { return set_of(set).text; }
  const std::string& origin(solver::VersionSetId set) const { return set_of(set).origin; }
  const PythonVersion& version(solver::CandidateId candidate) const;
  std::string why_not(solver::CandidateId candidate) const;
  bool is_known(solver::PackageId package);
  bool is_python(solver::PackageId package) const;

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
  /// The versions that others offer; nothing is in it without one.
  struct Offered {
    std::optional<PythonVersion> version;
  };
  using Places = std::vector<std::uint32_t>;
  struct Set {
    solver::PackageId package;
    std::variant<SpecifierSet, Places, Offered> what;
    std::string text;
    std::string origin = {};
  };
  struct Asked {
    std::vector<solver::Requirement> requirements;
    /// Behind the spans of `requirements`; the inner ones never move.
    std::deque<std::vector<solver::VersionSetId>> any_of;
    std::vector<solver::VersionSetId> constrains;
  };

  solver::PackageId package(const std::string& project, const std::string& extra);
  solver::VersionSetId intern(solver::PackageId package, const std::string& key, Set set);
  solver::VersionSetId set(solver::PackageId package, const SpecifierSet& specifiers);
  solver::VersionSetId same_candidate(const Package& extra, std::uint32_t place);
  solver::VersionSetId pythons(const PythonSet& set, const std::string& text);
  const std::vector<ProjectVersion>& versions(const std::string& project);
  void add_offers(const std::string& project, std::vector<ProjectVersion>& list);
  void load(solver::PackageId id);
  void ask(solver::VersionSetId set, std::uint32_t rank, Asked& asked,
           solver::VersionSetId condition = solver::VersionSetId::none());
  void ask(const Requirement& requirement, const PythonSet& where, std::uint32_t rank,
           Asked& asked);
  bool ask_for_python(const PythonSet& fitting, const std::string& text, Asked& asked);
  bool read_dependencies(Candidate& candidate, Asked& asked);
  bool read_offer(Candidate& candidate, Asked& asked);
  bool read_metadata(Candidate& candidate, const Metadata& metadata, Asked& asked);
  /// Where a requirement of a project, or of its extra, holds.
  PythonSet holds(const Requirement& requirement, const std::string& extra);
  const Package& package_of(const Candidate& candidate) const;
  const Set& set_of(solver::VersionSetId id) const { return sets_[id.value()]; }
  void add_dependencies(const Asked& asked, const std::string& project,
                        std::optional<std::uint32_t> python, ChosenDistribution& out) const;

  DistributionSource& source_;
  OfferSource* offers_;
  Pythons pythons_;
  VersionChoice choice_;
  bool prefer_offers_;
  std::set<std::string> without_offers_;
  std::map<std::string, std::vector<SpecifierSet>> direct_;
  Asked request_;
  /// By Python: constraints whose marker does not hold everywhere.
  std::map<std::uint32_t, std::vector<solver::VersionSetId>> python_constraints_;

  std::deque<Package> packages_;
  std::map<std::pair<std::string, std::string>, solver::PackageId> package_ids_;
  std::map<std::string, std::vector<ProjectVersion>> versions_;
  std::deque<Candidate> candidates_;
  std::deque<Set> sets_;
  std::map<std::pair<solver::PackageId, std::string>, solver::VersionSetId> set_ids_;
  std::map<std::uint32_t, Asked> asked_;
};

}  // namespace kasane::resolver::pypi
