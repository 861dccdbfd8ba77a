#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/candidate_book.h"
#include "resolver/pypi/offer_source.h"

namespace kasane::resolver {

/// The Python distributions that conda packages of this name carry, normalised: the package's own
/// name, or what a table of known exceptions says (`pytorch` carries `torch`). Only packages that
/// depend on Python carry one.
std::vector<std::string> carried_projects(std::string_view conda_name);

/// Whether a record with these dependencies is made for a Python.
bool depends_on_python(const IndexList& depends);

/// The version of the distribution in a conda package of that version; nothing where conda's
/// version is none of PEP 440's.
std::optional<pypi::PythonVersion> carried_version(std::string_view conda_version);

/// What conda's packages have to offer to requirements for pip. Several packages may carry one
/// distribution (`matplotlib-base` and `matplotlib`). Borrows the book. Not thread-safe.
class CarriedDistributions final : public pypi::OfferSource {
 public:
  explicit CarriedDistributions(CandidateBook& book) : book_(book) {}

  std::span<const pypi::PythonVersion> offers(std::string_view project) override;
  void hint_offers(std::span<const std::string_view> projects) override;

  /// The records of one conda package that carry one version.
  struct Carriers {
    solver::PackageId package;
    std::vector<std::uint32_t> places;
  };
  /// Of `offers(project)[offer]`: one entry for each package that has it, those of the table first.
  const std::vector<Carriers>& carriers(std::string_view project, std::size_t offer);

  struct Carried {
    std::string project;
    /// None where conda's version is none of PEP 440's.
    std::optional<pypi::PythonVersion> version;
  };
  /// What a candidate carries.
  std::vector<Carried> carried_by(solver::CandidateId candidate);

 private:
  struct Project {
    std::vector<pypi::PythonVersion> versions;
    std::vector<std::vector<Carriers>> carriers;
  };
  const Project& project(std::string_view name);
  const std::vector<std::string>& carrier_names(std::string_view project);
  void collect_names();

  CandidateBook& book_;
  bool names_collected_ = false;
  std::map<std::string, std::vector<std::string>, std::less<>> names_;
  std::map<std::string, Project, std::less<>> projects_;
};

}  // namespace kasane::resolver
