#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/pypi_provider.h"

/// What PypiProvider's request and candidates ask for.
namespace kasane::resolver::pypi {

using solver::CandidateId;
using solver::VersionSetId;

void PypiProvider::require(const Requirement& requirement, std::uint32_t rank,
                           const std::string& origin) {
  const PythonSet where = holds(requirement, "");
  if (holds_nowhere(where) && pythons_.size() > 0) return;
  if (requirement.url) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` is required from a URL, expected a version", requirement.name));
  }
  direct_[requirement.normalised_name()].push_back(requirement.specifiers);
  const std::size_t first = request_.requirements.size();
  ask(requirement, where, rank, request_);
  for (std::size_t i = first; i < request_.requirements.size(); ++i) {
    std::string& known = sets_[request_.requirements[i].any_of.front().value()].origin;
    if (known.empty()) known = origin;
  }
}

void PypiProvider::constrain(const Requirement& requirement) {
  const PythonSet where = holds(requirement, "");
  if (holds_nowhere(where)) return;
  const std::string project = requirement.normalised_name();
  direct_[project].push_back(requirement.specifiers);
  const VersionSetId allowed = set(package(project, ""), requirement.specifiers);
  if (holds_everywhere(where)) {
    request_.constrains.push_back(allowed);
    return;
  }
  for (std::uint32_t i = 0; i < where.size(); ++i) {
    if (where[i]) python_constraints_[i].push_back(allowed);
  }
}

void PypiProvider::require_python(const SpecifierSet& specifiers, std::string origin) {
  const solver::PackageId python = package_of(request_.any_of.front().front());
  const VersionSetId wanted = set(python, specifiers);
  sets_[wanted.value()].origin = std::move(origin);
  ask(wanted, 0, request_);
}

void PypiProvider::ask(VersionSetId set, std::uint32_t rank, Asked& asked, VersionSetId condition) {
  const auto& any_of = asked.any_of.emplace_back(1, set);
  asked.requirements.push_back({.any_of = any_of, .condition = condition, .rank = rank});
}

void PypiProvider::ask(const Requirement& requirement, const PythonSet& where, std::uint32_t rank,
                       Asked& asked) {
  const VersionSetId condition =
      holds_everywhere(where)
          ? VersionSetId::none()
          : pythons(where, requirement.marker ? requirement.marker->render() : "");
  const std::string project = requirement.normalised_name();
  ask(set(package(project, ""), requirement.specifiers), rank, asked, condition);
  for (const std::string& extra : requirement.extras) {
    ask(set(package(project, extra), requirement.specifiers), rank, asked, condition);
  }
}

/// False: no Python fits, so that nothing else matters.
bool PypiProvider::ask_for_python(const PythonSet& fitting, const std::string& text, Asked& asked) {
  if (holds_everywhere(fitting)) return true;
  ask(pythons(fitting, text), 0, asked);
  return !holds_nowhere(fitting);
}

PythonSet PypiProvider::holds(const Requirement& requirement, const std::string& extra) {
  return requirement.marker ? pythons_.select(*requirement.marker, extra) : pythons_.all();
}

solver::Dependencies PypiProvider::dependencies(CandidateId id) {
  Candidate& candidate = candidates_[id.value()];
  const auto [found, is_new] = asked_.try_emplace(id.value());
  Asked& asked = found->second;
  if (is_new && !read_dependencies(candidate, asked) && candidate.unusable.empty()) {
    candidate.unusable = "it cannot be used";
  }
  return {.requirements = asked.requirements,
          .constrains = asked.constrains,
          .unusable = !candidate.unusable.empty()};
}

bool PypiProvider::read_dependencies(Candidate& candidate, Asked& asked) {
  const Package& package = package_of(candidate);
  const ProjectVersion& version = versions(package.project)[candidate.place];
  if (is_python(candidate.package)) {
    asked.constrains = python_constraints_[candidate.place];
    return true;
  }
  if (!package.extra.empty()) ask(same_candidate(package, candidate.place), 0, asked);
  if (version.offer) return read_offer(candidate, asked);
  if (version.file == nullptr) return true;
  if (!ask_for_python(version.pythons, pythons_.text(version.pythons), asked)) return true;
  const auto& stated = version.file->file.requires_python;
  if (const auto python = stated ? SpecifierSet::find_leniently(*stated) : std::nullopt) {
    // Where none fits nobody has to be asked for the rest.
    if (!ask_for_python(pythons_.select(*python), "Python " + python->render(), asked)) return true;
  }
  return read_metadata(candidate, source_.metadata(package.project, *version.file), asked);
}

/// What others offer has dependencies of its own, which they know. What an extra of it adds, a
/// wheel of the same version tells.
bool PypiProvider::read_offer(Candidate& candidate, Asked& asked) {
  const Package& package = package_of(candidate);
  if (package.extra.empty()) return true;
  const PythonVersion& version = *versions(package.project)[candidate.place].version;
  for (const DistributionFile& file : source_.files(package.project).files) {
    if (!file.wheel || file.version != version) continue;
    return read_metadata(candidate, source_.metadata(package.project, file), asked);
  }
  candidate.unusable =
      fmt::format("no index has a wheel of `{} {}`, which would tell what its extra `{}` asks for",
                  package.project, version.text(), package.extra);
  return false;
}

bool PypiProvider::read_metadata(Candidate& candidate, const Metadata& metadata, Asked& asked) {
  const Package& package = package_of(candidate);
  if (!metadata.unreadable_requirements.empty()) {
    candidate.unusable = fmt::format("it asks for `{}`, which is no requirement",
                                     metadata.unreadable_requirements.front());
    return false;
  }
  if (metadata.requires_python && package.extra.empty()) {
    const auto& python = *metadata.requires_python;
    ask_for_python(pythons_.select(python), "Python " + python.render(), asked);
  }
  for (const Requirement& requirement : metadata.requires_dist) {
    PythonSet where;
    try {
      where = holds(requirement, package.extra);
      if (!package.extra.empty()) {
        const PythonSet always = holds(requirement, "");
        for (std::size_t i = 0; i < where.size(); ++i) where[i] = where[i] && !always[i];
      }
    } catch (const Error& error) {
      candidate.unusable = error.message();
      return false;
    }
    if (holds_nowhere(where)) continue;
    if (requirement.url) {
      candidate.unusable = fmt::format("it asks for `{}` from a URL", requirement.name);
      return false;
    }
    ask(requirement, where, 0, asked);
  }
  return true;
}

}  // namespace kasane::resolver::pypi
