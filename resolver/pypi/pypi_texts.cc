#include "resolver/pypi/pypi_texts.h"

#include <fmt/format.h>

namespace kasane::resolver::pypi {

std::string PypiTexts::name(solver::PackageId package) {
  return std::string(provider_.name(package));
}

std::string PypiTexts::text(solver::VersionSetId set) { return provider_.text(set); }

std::string PypiTexts::origin(solver::VersionSetId set) { return provider_.origin(set); }

std::vector<solver::CandidateId> PypiTexts::candidates(solver::PackageId package) {
  const auto ordered = provider_.candidates(package).ordered;
  return {ordered.begin(), ordered.end()};
}

std::string PypiTexts::version(solver::CandidateId candidate) {
  return provider_.version(candidate).text();
}

std::weak_ordering PypiTexts::compare_versions(solver::CandidateId a, solver::CandidateId b) {
  return provider_.version(a) <=> provider_.version(b);
}

std::string PypiTexts::why_not(solver::CandidateId candidate) {
  return provider_.why_not(candidate);
}

std::string PypiTexts::hint_for_missing(solver::PackageId package) {
  if (provider_.is_known(package)) {
    return fmt::format("the index knows `{}`, but has no wheel or source distribution of it",
                       provider_.name(package));
  }
  return fmt::format(
      "no index has `{}`: look at its spelling, or name the index that has it with "
      "`--extra-index-url`",
      provider_.name(package));
}

std::string PypiTexts::hint_for_empty(solver::VersionSetId /*set*/) { return ""; }

}  // namespace kasane::resolver::pypi
