#include "tests/support/solver_world_texts.h"

#include <fmt/format.h>

namespace kasane::test {

using resolver::solver::CandidateId;
using resolver::solver::PackageId;
using resolver::solver::VersionSetId;

const SolverWorld::Candidate& WorldTexts::at(CandidateId candidate) const {
  const SolverWorld::Place place = provider_.place_of(candidate);
  return provider_.world().packages[place.package].candidates[place.candidate];
}

std::string WorldTexts::hint(const std::string& key) const {
  const auto found = hints.find(key);
  return found == hints.end() ? "" : found->second;
}

std::string WorldTexts::name(PackageId package) { return std::string(provider_.name(package)); }

std::string WorldTexts::text(VersionSetId set) { return provider_.set_of(set).text; }

std::string WorldTexts::origin(VersionSetId set) {
  for (const auto& need : provider_.world().needs) {
    for (const auto& asked : need.any_of) {
      if (asked.text == text(set)) return fmt::format("spec.yml:{}", need.rank + 1);
    }
  }
  return "";
}

std::vector<CandidateId> WorldTexts::candidates(PackageId package) {
  return provider_.candidate_ids(provider_.place_of(package));
}

std::string WorldTexts::version(CandidateId candidate) {
  const std::string& whole = at(candidate).version;
  const std::size_t minor = whole.find('.');
  return whole.substr(0, minor == std::string::npos ? minor : whole.find('.', minor + 1));
}

std::weak_ordering WorldTexts::compare_versions(CandidateId a, CandidateId b) {
  if (version(a) == version(b)) return std::weak_ordering::equivalent;
  // The worst one stands last.
  return provider_.place_of(b).candidate <=> provider_.place_of(a).candidate;
}

std::string WorldTexts::why_not(CandidateId candidate) {
  return at(candidate).excluded + at(candidate).unusable;
}

std::string WorldTexts::hint_for_missing(PackageId package) { return hint(name(package)); }

std::string WorldTexts::hint_for_empty(VersionSetId set) { return hint(text(set)); }

}  // namespace kasane::test
