#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/conda/conda_provider.h"
#include "resolver/pypi/pypi_provider.h"
#include "resolver/resolve/carried_distributions.h"
#include "resolver/resolve/conda_pythons.h"
#include "resolver/solver/provider.h"

namespace kasane::resolver {

/// conda's packages and Python distributions in one problem. Each side keeps its own numbers and
/// rules; what joins them is stated here:
///  - a distribution that conda offers requires one of the conda packages that carry it;
///  - a conda package lets the distribution that it carries be there only as what it offers, so
///    that none comes from both sides;
///  - the Python of the distributions' side and conda's are the same one.
/// Distributions come later than conda's packages, which are chosen as if nobody asked for
/// distributions, as far as that is possible. Borrows all that it is given. One thread.
class JointProvider final : public solver::Provider {
 public:
  enum class Side { kConda, kPypi };

  JointProvider(CandidateBook& book, CondaProvider& conda, pypi::PypiProvider& pypi,
                CarriedDistributions& carried, std::span<const CondaPython> pythons);

  /// Numbers of a side as numbers here.
  static solver::VersionSetId conda_set(solver::VersionSetId set);
  static solver::VersionSetId pypi_set(solver::VersionSetId set);
  /// Back again.
  static Side side(solver::PackageId package);
  static Side side(solver::CandidateId candidate);
  static solver::PackageId inner(solver::PackageId package);
  static solver::CandidateId inner(solver::CandidateId candidate);
  enum class SetKind { kConda, kPypi, kLink };
  static SetKind kind(solver::VersionSetId set);
  static solver::VersionSetId inner(solver::VersionSetId set);
  /// Of a set that links a distribution to conda's packages.
  const std::string& link_text(solver::VersionSetId set) const;

  std::string_view name(solver::PackageId package) override;
  solver::Candidates candidates(solver::PackageId package) override;
  solver::Dependencies dependencies(solver::CandidateId candidate) override;
  solver::PackageId package_of(solver::VersionSetId set) override;
  void select(solver::VersionSetId set, solver::CandidateMask& mask) override;
  bool comes_later(solver::PackageId package) override;
  void hint_packages(std::span<const solver::PackageId> packages) override;
  void hint_candidates(std::span<const solver::CandidateId> candidates) override;

 private:
  /// Candidates of one of conda's packages.
  struct Link {
    solver::PackageId package;
    std::vector<std::uint32_t> places;
    std::string text;
  };
  struct Listed {
    std::vector<solver::CandidateId> ordered;
    std::span<const std::uint32_t> excluded;
  };
  struct Answer {
    std::vector<solver::Requirement> requirements;
    std::deque<std::vector<solver::VersionSetId>> any_of;
    std::vector<solver::VersionSetId> constrains;
    bool unusable = false;
  };

  void answer(solver::CandidateId candidate, Answer& out);
  void translate(const solver::Dependencies& said, Side side, Answer& out);
  void add_carried(solver::CandidateId conda, Answer& out);
  void add_links(solver::CandidateId pypi, Answer& out);
  solver::VersionSetId link(solver::PackageId conda, const std::vector<std::uint32_t>& places,
                            std::string text);

  CandidateBook& book_;
  CondaProvider& conda_;
  pypi::PypiProvider& pypi_;
  CarriedDistributions& carried_;
  std::span<const CondaPython> pythons_;
  /// By the place of conda's Python.
  std::map<std::uint32_t, std::size_t> python_of_place_;
  solver::PackageId conda_python_;
  std::deque<Link> links_;
  std::map<std::pair<solver::PackageId, std::vector<std::uint32_t>>, solver::VersionSetId>
      link_ids_;
  std::unordered_map<std::uint32_t, Listed> listed_;
  std::unordered_map<std::uint32_t, Answer> answers_;
  std::unordered_map<std::uint32_t, std::string> names_;
};

}  // namespace kasane::resolver
