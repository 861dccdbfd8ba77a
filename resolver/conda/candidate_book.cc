#include "resolver/conda/candidate_book.h"

#include <algorithm>

#include "base/error.h"
#include "resolver/conda/candidate_order.h"

namespace kasane::resolver {

using solver::CandidateId;
using solver::PackageId;
using solver::VersionSetId;

PackageId CandidateBook::package(std::string_view name) {
  const auto found = package_ids_.find(name);
  if (found != package_ids_.end()) return found->second;
  const PackageId id(static_cast<std::uint32_t>(packages_.size()));
  Package& added = packages_.emplace_back();
  added.name = name;
  package_ids_.emplace(added.name, id);
  return id;
}

const std::string& CandidateBook::name(PackageId package) const {
  return packages_[package.value()].name;
}

bool CandidateBook::is_collected(std::string_view name) const {
  const auto found = package_ids_.find(name);
  return found != package_ids_.end() && packages_[found->second.value()].collected;
}

const CondaSet* CandidateBook::find_set(std::string_view text) {
  const auto found = set_ids_.find(text);
  if (found != set_ids_.end()) return found->second ? &sets_[found->second->value()] : nullptr;
  try {
    MatchSpec spec = MatchSpec::parse(text);
    if (spec.has_exact_name()) return &add_set(text, std::move(spec));
  } catch (const Error&) {
    // The caller says what it means for the record that the text stands in.
  }
  set_ids_.emplace(text, std::nullopt);
  return nullptr;
}

const CondaSet& CandidateBook::add_set(std::string_view text, MatchSpec spec) {
  const auto found = set_ids_.find(text);
  if (found != set_ids_.end() && found->second) return sets_[found->second->value()];
  const VersionSetId id(static_cast<std::uint32_t>(sets_.size()));
  const PackageId owner = package(spec.name());
  const CondaSet& added =
      sets_.emplace_back(CondaSet{id, owner, std::string(text), std::move(spec)});
  set_ids_.emplace(added.text, id);
  return added;
}

CandidateTable& CandidateBook::collected(PackageId id) {
  Package& package = packages_[id.value()];
  if (!package.collected) {
    package.table = collector_.collect(package.name);
    package.collected = true;
  }
  return package.table;
}

const CandidateTable& CandidateBook::candidates(PackageId id) {
  CandidateTable& table = collected(id);
  if (packages_[id.value()].ordered) return table;
  order_candidates(table, *this);
  Package& package = packages_[id.value()];
  package.ordered = true;
  package.first_id = static_cast<std::uint32_t>(places_.size());
  for (std::uint32_t place = 0; place < table.candidates.size(); ++place) {
    places_.push_back({id, place});
  }
  return table;
}

std::uint32_t CandidateBook::first_id(PackageId package) {
  candidates(package);
  return packages_[package.value()].first_id;
}

const CondaCandidate& CandidateBook::candidate(CandidateId candidate) {
  const Place place = place_of(candidate);
  return packages_[place.package.value()].table.candidates[place.place];
}

std::vector<bool> CandidateBook::allowed_channels(const CondaSet& set) const {
  std::vector<bool> allowed(collector_.channels().size(), true);
  if (!set.spec.channel()) return allowed;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    allowed[i] = collector_.channel_is(i, *set.spec.channel());
  }
  return allowed;
}

void CandidateBook::select(const CondaSet& set, const CandidateTable& table,
                           const std::function<void(std::uint32_t)>& found) const {
  const MatchSpec& spec = set.spec;
  if (is_virtual_name(spec.name())) {
    if (!table.candidates.empty() && collector_.virtual_packages().satisfy(spec)) found(0);
    return;
  }
  std::vector<bool> versions(table.versions.size(), true);
  if (spec.version() && !spec.version()->is_any()) {
    for (std::size_t i = 0; i < versions.size(); ++i) {
      versions[i] = spec.version()->matches(table.versions[i].key, table.versions[i].text);
    }
  }
  const std::vector<bool> channels = allowed_channels(set);
  const bool by_file = !spec.fields().empty();
  const bool by_record = by_file || spec.build() || spec.build_number();
  for (std::uint32_t place = 0; place < table.candidates.size(); ++place) {
    const CondaCandidate& candidate = table.candidates[place];
    if (!versions[candidate.version] || !channels[candidate.channel]) continue;
    if (spec.subdir() && collector_.source(candidate).subdir() != *spec.subdir()) continue;
    if (by_file) {
      const CandidateFields all(candidate, collector_.source(candidate));
      if (!spec.matches_nameless(all.fields)) continue;
    } else if (by_record) {
      if (!spec.matches_nameless(candidate.table->fields(candidate.row))) continue;
    }
    found(place);
  }
}

std::optional<BestVersion> CandidateBook::best_version(const CondaSet& set) {
  const auto known = best_versions_.find(set.id.value());
  if (known != best_versions_.end()) return known->second;
  const CandidateTable& table = collected(set.package);
  std::optional<BestVersion> best;
  select(set, table, [&](std::uint32_t place) {
    const CondaCandidate& candidate = table.candidates[place];
    const BestVersion here{table.version_of(candidate).rank, candidate.tracks_features};
    if (!best || here.rank > best->rank) {
      best = here;
    } else if (here.rank == best->rank) {
      best->tracks_features = best->tracks_features && here.tracks_features;
    }
  });
  best_versions_.emplace(set.id.value(), best);
  return best;
}

}  // namespace kasane::resolver
