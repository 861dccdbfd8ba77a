#include "resolver/pypi/pypi_provider.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/distribution_name.h"

namespace kasane::resolver::pypi {
namespace {

using solver::CandidateId;
using solver::PackageId;
using solver::VersionSetId;

/// No distribution has a name with a space, so it is in nobody's way.
const std::string kPython = "python interpreter";

std::uint32_t next_id(std::size_t count) { return static_cast<std::uint32_t>(count); }

}  // namespace

PypiProvider::PypiProvider(DistributionSource& source, PypiTarget target, PypiRules rules)
    : source_(source),
      target_(std::move(target)),
      tags_(target_.wheels),
      choice_{tags_, rules.allow_sources, std::move(rules.no_binary), std::move(rules.only_binary),
              rules.prereleases} {}

PackageId PypiProvider::package(const std::string& project, const std::string& extra) {
  const auto [found, is_new] =
      package_ids_.try_emplace({project, extra}, PackageId(next_id(packages_.size())));
  if (is_new) {
    Package& package = packages_.emplace_back();
    package.name = project == kPython ? "Python"
                   : extra.empty()    ? project
                                      : fmt::format("{}[{}]", project, extra);
    package.project = project;
    package.extra = extra;
  }
  return found->second;
}

VersionSetId PypiProvider::set(PackageId package, const SpecifierSet& specifiers) {
  const std::string text = specifiers.render();
  const auto [found, is_new] =
      set_ids_.try_emplace({package, text}, VersionSetId(next_id(sets_.size())));
  if (is_new) {
    const std::string& name = packages_[package.value()].name;
    sets_.push_back({package, specifiers, std::nullopt,
                     text.empty() ? name : fmt::format("{} {}", name, text), ""});
  }
  return found->second;
}

VersionSetId PypiProvider::same_version(const Package& extra, std::uint32_t place) {
  const PackageId project = package(extra.project, "");
  const std::string version = versions(extra.project)[place].version->text();
  const auto [found, is_new] =
      set_ids_.try_emplace({project, "= " + version}, VersionSetId(next_id(sets_.size())));
  if (is_new) {
    sets_.push_back({project, {}, place, fmt::format("{} =={}", extra.project, version), ""});
  }
  return found->second;
}

void PypiProvider::require(const Requirement& requirement, std::uint32_t rank, std::string origin) {
  if (requirement.marker && !requirement.marker->evaluate(target_.environment)) return;
  if (requirement.url) {
    throw Error(ErrorKind::kRefused,
                fmt::format("`{}` is required from a URL, expected a version", requirement.name));
  }
  direct_[requirement.normalised_name()].push_back(requirement.specifiers);
  const std::size_t first = request_.requirements.size();
  ask(requirement, rank, request_);
  for (std::size_t i = first; i < request_.requirements.size(); ++i) {
    std::string& known = sets_[request_.requirements[i].any_of.front().value()].origin;
    if (known.empty()) known = origin;
  }
}

void PypiProvider::constrain(const Requirement& requirement) {
  if (requirement.marker && !requirement.marker->evaluate(target_.environment)) return;
  const std::string project = requirement.normalised_name();
  direct_[project].push_back(requirement.specifiers);
  constraints_.push_back(set(package(project, ""), requirement.specifiers));
}

void PypiProvider::require_python(const SpecifierSet& specifiers) {
  ask_for_python(specifiers, request_);
}

solver::Problem PypiProvider::problem() const {
  return {.requirements = request_.requirements,
          .constraints = constraints_,
          .preferences = {},
          .locked = {},
          .favoured = {}};
}

void PypiProvider::ask(VersionSetId set, std::uint32_t rank, Asked& asked) {
  const auto& any_of = asked.any_of.emplace_back(1, set);
  asked.requirements.push_back({.any_of = any_of, .condition = VersionSetId::none(), .rank = rank});
}

void PypiProvider::ask(const Requirement& requirement, std::uint32_t rank, Asked& asked) {
  const std::string project = requirement.normalised_name();
  ask(set(package(project, ""), requirement.specifiers), rank, asked);
  for (const std::string& extra : requirement.extras) {
    ask(set(package(project, extra), requirement.specifiers), rank, asked);
  }
}

void PypiProvider::ask_for_python(const SpecifierSet& specifiers, Asked& asked) {
  ask(set(package(kPython, ""), specifiers), 0, asked);
}

const std::vector<ProjectVersion>& PypiProvider::versions(const std::string& project) {
  const auto known = versions_.find(project);
  if (known != versions_.end()) return known->second;
  std::vector<ProjectVersion> list;
  if (project == kPython) {
    list.push_back({nullptr, &target_.python, ""});
  } else {
    list = list_versions(project, source_.files(project), direct_[project], choice_);
  }
  return versions_.emplace(project, std::move(list)).first->second;
}

void PypiProvider::load(PackageId id) {
  Package& package = packages_[id.value()];
  if (package.loaded) return;
  package.loaded = true;
  const auto& list = versions(package.project);
  for (std::uint32_t place = 0; place < list.size(); ++place) {
    package.ordered.emplace_back(next_id(candidates_.size()));
    candidates_.push_back({id, place});
    if (!list[place].excluded.empty()) package.excluded.push_back(place);
  }
}

std::string_view PypiProvider::name(PackageId package) { return packages_[package.value()].name; }

solver::Candidates PypiProvider::candidates(PackageId package) {
  load(package);
  const Package& found = packages_[package.value()];
  return {found.ordered, found.excluded};
}

PackageId PypiProvider::package_of(VersionSetId set) { return set_of(set).package; }

const PypiProvider::Package& PypiProvider::package_of(const Candidate& candidate) const {
  return packages_[candidate.package.value()];
}

void PypiProvider::select(VersionSetId id, solver::CandidateMask& mask) {
  const Set& set = set_of(id);
  if (set.place) return mask.add(*set.place);
  const auto& list = versions(packages_[set.package.value()].project);
  for (std::uint32_t place = 0; place < list.size(); ++place) {
    if (set.specifiers.contains(*list[place].version)) mask.add(place);
  }
}

bool PypiProvider::python_fits(const SpecifierSet& specifiers) const {
  return specifiers.contains(target_.python);
}

solver::Dependencies PypiProvider::dependencies(CandidateId id) {
  Candidate& candidate = candidates_[id.value()];
  const auto [found, is_new] = asked_.try_emplace(id.value());
  Asked& asked = found->second;
  const bool usable = !is_new ? candidate.unusable.empty() : read_dependencies(candidate, asked);
  return {.requirements = asked.requirements, .constrains = {}, .unusable = !usable};
}

bool PypiProvider::read_dependencies(Candidate& candidate, Asked& asked) {
  const Package& package = package_of(candidate);
  if (package.project == kPython) return true;
  const DistributionFile* file = versions(package.project)[candidate.place].file;
  if (file == nullptr) return true;
  if (!package.extra.empty()) ask(same_version(package, candidate.place), 0, asked);
  if (file->file.requires_python) {
    const auto python = SpecifierSet::find_leniently(*file->file.requires_python);
    if (python && !python->empty()) {
      ask_for_python(*python, asked);
      // Nothing else matters then, so nobody has to be asked for it.
      if (!python_fits(*python)) return true;
    }
  }
  return read_metadata(candidate, source_.metadata(package.project, *file), asked);
}

bool PypiProvider::read_metadata(Candidate& candidate, const Metadata& metadata, Asked& asked) {
  const Package& package = package_of(candidate);
  if (!metadata.unreadable_requirements.empty()) {
    candidate.unusable = fmt::format("it asks for `{}`, which is no requirement",
                                     metadata.unreadable_requirements.front());
    return false;
  }
  if (metadata.requires_python && package.extra.empty()) {
    ask_for_python(*metadata.requires_python, asked);
  }
  for (const Requirement& requirement : metadata.requires_dist) {
    try {
      const auto holds = [&](std::string_view extra) {
        return !requirement.marker || requirement.marker->evaluate(target_.environment, extra);
      };
      const bool always = holds("");
      if (package.extra.empty() ? !always : always || !holds(package.extra)) continue;
    } catch (const Error& error) {
      candidate.unusable = error.message();
      return false;
    }
    if (requirement.url) {
      candidate.unusable = fmt::format("it asks for `{}` from a URL", requirement.name);
      return false;
    }
    ask(requirement, 0, asked);
  }
  return true;
}

void PypiProvider::hint_packages(std::span<const PackageId> packages) {
  std::vector<std::string_view> projects;
  for (const PackageId id : packages) {
    const std::string& project = packages_[id.value()].project;
    if (project != kPython) projects.push_back(project);
  }
  source_.hint_files(projects);
}

void PypiProvider::hint_candidates(std::span<const CandidateId> candidates) {
  for (const CandidateId id : candidates) {
    const Candidate& candidate = candidates_[id.value()];
    const std::string& project = package_of(candidate).project;
    const DistributionFile* file = versions(project)[candidate.place].file;
    if (file != nullptr) source_.hint_metadata(project, *file);
  }
}

std::vector<ChosenDistribution> PypiProvider::read(const solver::Solution& solution) const {
  std::map<std::string, ChosenDistribution> chosen;
  for (const solver::Choice& choice : solution.choices) {
    const Candidate& candidate = candidates_[choice.candidate.value()];
    const Package& package = package_of(candidate);
    if (package.project == kPython) continue;
    ChosenDistribution& out = chosen[package.project];
    out.project = package.project;
    out.file = versions_.at(package.project)[candidate.place].file;
    if (!package.extra.empty()) out.extras.push_back(package.extra);
  }
  std::vector<ChosenDistribution> out;
  for (auto& [project, distribution] : chosen) {
    std::sort(distribution.extras.begin(), distribution.extras.end());
    out.push_back(std::move(distribution));
  }
  return out;
}

const PythonVersion& PypiProvider::version(CandidateId id) const {
  const Candidate& candidate = candidates_[id.value()];
  return *versions_.at(package_of(candidate).project)[candidate.place].version;
}

std::string PypiProvider::why_not(CandidateId id) const {
  const Candidate& candidate = candidates_[id.value()];
  if (!candidate.unusable.empty()) return candidate.unusable;
  return versions_.at(package_of(candidate).project)[candidate.place].excluded;
}

bool PypiProvider::is_known(PackageId package) {
  const std::string& project = packages_[package.value()].project;
  return project == kPython || source_.files(project).known;
}

}  // namespace kasane::resolver::pypi
