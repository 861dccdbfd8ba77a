#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resolver/conda/conda_candidates.h"
#include "resolver/solver/ids.h"

namespace kasane::resolver {

/// Which of a package's candidates a MatchSpec allows.
struct CondaSet {
  solver::VersionSetId id;
  solver::PackageId package;
  /// As it was written.
  std::string text;
  MatchSpec spec;
};

/// The best that a set of candidates has to offer to those that depend on it.
struct BestVersion {
  /// CandidateVersion::rank.
  std::uint32_t rank = 0;
  bool tracks_features = false;
  /// Without track_features before with, then the higher version.
  bool operator==(const BestVersion&) const = default;
};

/// Names and MatchSpecs as the solver's numbers, and the candidates of each name, in their order,
/// collected when they are asked for. Not thread-safe.
class CandidateBook {
 public:
  explicit CandidateBook(const CandidateCollector& collector) : collector_(collector) {}
  CandidateBook(const CandidateBook&) = delete;
  CandidateBook& operator=(const CandidateBook&) = delete;

  solver::PackageId package(std::string_view name);
  const std::string& name(solver::PackageId package) const;

  /// nullptr when the text cannot be read, or names no package exactly. `text` must outlive the
  /// book.
  const CondaSet* find_set(std::string_view text);
  /// For a MatchSpec that was read and names a package exactly.
  const CondaSet& add_set(std::string_view text, MatchSpec spec);
  const CondaSet& set(solver::VersionSetId id) const { return sets_[id.value()]; }

  /// Best first. Valid as long as the book.
  const CandidateTable& candidates(solver::PackageId package);
  /// The number of the package's first candidate: they are numbered in their order.
  std::uint32_t first_id(solver::PackageId package);
  struct Place {
    solver::PackageId package;
    std::uint32_t place = 0;
  };
  Place place_of(solver::CandidateId candidate) const { return places_[candidate.value()]; }
  const CondaCandidate& candidate(solver::CandidateId candidate);

  /// Calls `found` with the place of each candidate in `table`, which is one of the set's package.
  void select(const CondaSet& set, const CandidateTable& table,
              const std::function<void(std::uint32_t)>& found) const;
  /// Of the set's candidates; nothing when there is none. Kept.
  std::optional<BestVersion> best_version(const CondaSet& set);
  bool is_collected(std::string_view name) const;

  const CandidateCollector& collector() const { return collector_; }

 private:
  struct Package {
    std::string name;
    bool collected = false;
    bool ordered = false;
    CandidateTable table;
    std::uint32_t first_id = 0;
  };
  CandidateTable& collected(solver::PackageId package);
  std::vector<bool> allowed_channels(const CondaSet& set) const;

  const CandidateCollector& collector_;
  std::deque<Package> packages_;
  std::unordered_map<std::string_view, solver::PackageId> package_ids_;
  std::deque<CondaSet> sets_;
  /// No value: cannot be read.
  std::unordered_map<std::string_view, std::optional<solver::VersionSetId>> set_ids_;
  std::unordered_map<std::uint32_t, std::optional<BestVersion>> best_versions_;
  std::vector<Place> places_;
};

}  // namespace kasane::resolver
