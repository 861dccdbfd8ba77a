#include "resolver/conda/conda_provider.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace kasane::resolver {

using solver::CandidateId;
using solver::PackageId;
using solver::VersionSetId;

solver::Candidates CondaProvider::candidates(PackageId package) {
  const auto [found, added] = ordered_.try_emplace(package.value());
  std::vector<CandidateId>& ids = found->second;
  if (added) {
    const std::size_t count = book_.candidates(package).candidates.size();
    const std::uint32_t first = book_.first_id(package);
    ids.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) ids.emplace_back(first + i);
  }
  return {ids, {}};
}

void CondaProvider::select(VersionSetId id, solver::CandidateMask& mask) {
  const CondaSet& set = book_.set(id);
  book_.select(set, book_.candidates(set.package), [&](std::uint32_t place) { mask.add(place); });
}

solver::Dependencies CondaProvider::dependencies(CandidateId candidate) {
  if (answers_.size() <= candidate.value()) answers_.resize(candidate.value() + 1);
  Answer& found = answers_[candidate.value()];
  if (!found.known) answer(candidate, found);
  return {found.requirements, found.constrains, found.unusable};
}

void CondaProvider::answer(CandidateId id, Answer& out) {
  out.known = true;
  const CondaCandidate& candidate = book_.candidate(id);
  if (candidate.table == nullptr) return;
  const IndexRecord record = candidate.table->nameless_record(candidate.row);
  const auto refuse = [&](std::string why) {
    out = {.known = true, .unusable = true, .requirements = {}, .constrains = {}};
    faults_.emplace(id.value(), std::move(why));
  };
  if (!record.sha256 && !record.md5) return refuse("the channel has no hash of it");
  const auto read = [&](const IndexList& texts, auto add) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if ((this->*add)(texts[i], out)) continue;
      refuse(fmt::format("its dependency `{}` cannot be read", texts[i]));
      return false;
    }
    return true;
  };
  if (!read(record.depends, &CondaProvider::add_dependency)) return;
  read(record.constrains, &CondaProvider::add_constraint);
}

bool CondaProvider::add_dependency(std::string_view text, Answer& out) {
  const CondaSet* set = book_.find_set(text);
  if (set == nullptr) return false;
  const bool met =
      is_virtual_name(set->spec.name()) && book_.collector().virtual_packages().satisfy(set->spec);
  const bool known = std::any_of(out.requirements.begin(), out.requirements.end(),
                                 [&](const auto& other) { return other.any_of[0] == set->id; });
  if (!met && !known) out.requirements.push_back({{&set->id, 1}});
  return true;
}

bool CondaProvider::add_constraint(std::string_view text, Answer& out) {
  const CondaSet* set = book_.find_set(text);
  if (set == nullptr) return false;
  if (!is_virtual_name(set->spec.name())) {
    out.constrains.push_back(set->id);
  } else if (book_.collector().virtual_packages().find(set->spec.name()) != nullptr) {
    return add_dependency(text, out);
  }
  return true;
}

void CondaProvider::hint_packages(std::span<const PackageId> packages) {
  std::vector<std::string_view> names;
  for (const PackageId package : packages) {
    const std::string& name = book_.name(package);
    if (!book_.is_collected(name)) names.push_back(name);
  }
  if (!names.empty()) book_.collector().hint(names);
}

void CondaProvider::hint_candidates(std::span<const CandidateId> candidates) {
  std::set<std::string_view> names;
  for (const CandidateId candidate : candidates) {
    for (const solver::Requirement& requirement : dependencies(candidate).requirements) {
      const std::string& name = book_.name(book_.set(requirement.any_of[0]).package);
      if (!book_.is_collected(name)) names.insert(name);
    }
  }
  if (!names.empty()) {
    book_.collector().hint(std::vector<std::string_view>(names.begin(), names.end()));
  }
}

std::optional<std::string> CondaProvider::find_fault(CandidateId candidate) const {
  const auto found = faults_.find(candidate.value());
  if (found == faults_.end()) return std::nullopt;
  return found->second;
}

std::string CondaProvider::first_fault() const {
  std::set<std::tuple<std::string, std::uint32_t, std::string>> ordered;
  for (const auto& [candidate, text] : faults_) {
    const CandidateBook::Place place = book_.place_of(CandidateId(candidate));
    const CondaCandidate& found = book_.candidate(CandidateId(candidate));
    ordered.emplace(book_.name(place.package), place.place,
                    fmt::format("`{}`: {}", found.table->record(found.row).file_name, text));
  }
  return ordered.empty() ? "" : std::get<2>(*ordered.begin());
}

}  // namespace kasane::resolver
