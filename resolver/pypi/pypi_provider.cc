#include "resolver/pypi/pypi_provider.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

PypiProvider::PypiProvider(DistributionSource& source, std::vector<PypiTarget> targets,
                           PypiRules rules, OfferSource* offers)
    : source_(source),
      offers_(offers),
      pythons_(std::move(targets)),
      choice_{pythons_,
              rules.allow_sources,
              std::move(rules.no_binary),
              std::move(rules.only_binary),
              rules.prereleases,
              rules.no_wheels},
      prefer_offers_(rules.prefer_offers),
      without_offers_(std::move(rules.without_offers)) {
  ask(set(package(kPython, ""), {}), 0, request_);
}

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

VersionSetId PypiProvider::intern(PackageId package, const std::string& key, Set set) {
  const auto [found, is_new] =
      set_ids_.try_emplace({package, key}, VersionSetId(next_id(sets_.size())));
  if (is_new) sets_.push_back(std::move(set));
  return found->second;
}

VersionSetId PypiProvider::set(PackageId package, const SpecifierSet& specifiers) {
  const std::string text = specifiers.render();
  const std::string& name = packages_[package.value()].name;
  return intern(package, text,
                {package, specifiers, text.empty() ? name : fmt::format("{} {}", name, text), ""});
}

VersionSetId PypiProvider::same_candidate(const Package& extra, std::uint32_t place) {
  const PackageId project = package(extra.project, "");
  const std::string version = versions(extra.project)[place].version->text();
  return intern(project, fmt::format("@ {}", place),
                {project, Places{place},
                 fmt::format("{} =={}", packages_[project.value()].name, version), ""});
}

VersionSetId PypiProvider::pythons(const PythonSet& wanted, const std::string& text) {
  const PackageId python = package(kPython, "");
  Places places;
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) places.push_back(i);
  }
  const std::string key = fmt::format("{} @ {}", text, fmt::join(places, ","));
  return intern(python, key, {python, std::move(places), text, ""});
}

VersionSetId PypiProvider::python_at(std::optional<std::size_t> place, const std::string& text) {
  PythonSet wanted = pythons_.none();
  if (place) wanted[*place] = true;
  return pythons(wanted, text);
}

VersionSetId PypiProvider::offered(const std::string& project,
                                   const std::optional<PythonVersion>& version,
                                   const std::string& text) {
  const PackageId owner = package(project, "");
  const std::string key = fmt::format("offered {} {}", version ? version->render() : "", text);
  return intern(owner, key, {owner, Offered{version}, text, ""});
}

std::optional<VersionSetId> PypiProvider::find_file(const std::string& project,
                                                    const std::string& file_name) {
  const auto& list = versions(project);
  const auto found = std::find_if(list.begin(), list.end(), [&](const ProjectVersion& version) {
    return version.file != nullptr && version.file->file.name == file_name;
  });
  if (found == list.end()) return std::nullopt;
  const PackageId owner = package(project, "");
  return intern(
      owner, "file " + file_name,
      {owner, Places{next_id(static_cast<std::size_t>(found - list.begin()))}, file_name, ""});
}

std::optional<VersionSetId> PypiProvider::find_files(const std::string& project,
                                                     const PythonVersion& version) {
  const auto& list = versions(project);
  Places places;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    if (list[i].file != nullptr && *list[i].version == version) places.push_back(i);
  }
  if (places.empty()) return std::nullopt;
  const PackageId owner = package(project, "");
  return intern(owner, "files " + version.render(),
                {owner, std::move(places), fmt::format("{} =={}", project, version.text()), ""});
}

solver::Problem PypiProvider::problem() {
  return {.requirements = request_.requirements,
          .constraints = request_.constrains,
          .preferences = {},
          .locked = {},
          .favoured = {}};
}

const std::vector<ProjectVersion>& PypiProvider::versions(const std::string& project) {
  const auto known = versions_.find(project);
  if (known != versions_.end()) return known->second;
  std::vector<ProjectVersion> list;
  if (project == kPython) {
    for (std::size_t i = 0; i < pythons_.size(); ++i) {
      list.push_back({nullptr, &pythons_[i].python, pythons_.all(), std::nullopt, ""});
    }
  } else {
    list = list_versions(project, source_.files(project), direct_[project], choice_);
    add_offers(project, list);
  }
  return versions_.emplace(project, std::move(list)).first->second;
}

void PypiProvider::add_offers(const std::string& project, std::vector<ProjectVersion>& list) {
  if (offers_ == nullptr || without_offers_.contains(project)) return;
  std::vector<ProjectVersion> offered;
  const std::span<const PythonVersion> offers = offers_->offers(project);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    offered.push_back({nullptr, &offers[i], pythons_.all(), i, ""});
  }
  list.insert(prefer_offers_ ? list.begin() : list.end(), offered.begin(), offered.end());
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
  if (const auto* places = std::get_if<Places>(&set.what)) {
    for (const std::uint32_t place : *places) mask.add(place);
    return;
  }
  const auto* offered = std::get_if<Offered>(&set.what);
  const auto& list = versions(packages_[set.package.value()].project);
  for (std::uint32_t place = 0; place < list.size(); ++place) {
    const PythonVersion& version = *list[place].version;
    const bool in = offered != nullptr
                        ? list[place].offer && offered->version && version == *offered->version
                        : std::get<SpecifierSet>(set.what).contains(version);
    if (in) mask.add(place);
  }
}

void PypiProvider::hint_packages(std::span<const PackageId> packages) {
  std::vector<std::string_view> projects;
  for (const PackageId id : packages) {
    const std::string& project = packages_[id.value()].project;
    if (project != kPython) projects.push_back(project);
  }
  if (projects.empty()) return;
  source_.hint_files(projects);
  if (offers_ != nullptr) offers_->hint_offers(projects);
}

void PypiProvider::hint_candidates(std::span<const CandidateId> candidates) {
  for (const CandidateId id : candidates) {
    const Candidate& candidate = candidates_[id.value()];
    const std::string& project = package_of(candidate).project;
    const DistributionFile* file = versions(project)[candidate.place].file;
    if (file != nullptr) source_.hint_metadata(project, *file);
  }
}

PypiProvider::Origin PypiProvider::origin_of(CandidateId id) const {
  const Candidate& candidate = candidates_[id.value()];
  const Package& package = package_of(candidate);
  if (package.project == kPython) return {package.project, std::nullopt, candidate.place};
  // Its project's candidate brings it.
  if (!package.extra.empty()) return {package.project};
  return {package.project, versions_.at(package.project)[candidate.place].offer, std::nullopt};
}

std::vector<ChosenDistribution> PypiProvider::read(const solver::Solution& solution) const {
  std::optional<std::uint32_t> python;
  for (const solver::Choice& choice : solution.choices) {
    const Candidate& candidate = candidates_[choice.candidate.value()];
    if (package_of(candidate).project == kPython) python = candidate.place;
  }
  std::map<std::string, ChosenDistribution> chosen;
  for (const solver::Choice& choice : solution.choices) {
    const Candidate& candidate = candidates_[choice.candidate.value()];
    const Package& package = package_of(candidate);
    if (package.project == kPython) continue;
    ChosenDistribution& out = chosen[package.project];
    out.project = package.project;
    const ProjectVersion& version = versions_.at(package.project)[candidate.place];
    out.file = version.file;
    out.version = version.version;
    if (!package.extra.empty()) out.extras.push_back(package.extra);
    const auto asked = asked_.find(choice.candidate.value());
    if (asked != asked_.end()) add_dependencies(asked->second, package.project, python, out);
  }
  std::vector<ChosenDistribution> out;
  for (auto& [project, distribution] : chosen) {
    std::sort(distribution.extras.begin(), distribution.extras.end());
    out.push_back(std::move(distribution));
  }
  return out;
}

void PypiProvider::add_dependencies(const Asked& asked, const std::string& project,
                                    std::optional<std::uint32_t> python,
                                    ChosenDistribution& out) const {
  for (const solver::Requirement& requirement : asked.requirements) {
    const Set& set = set_of(requirement.any_of.front());
    const Package& required = packages_[set.package.value()];
    const auto* specifiers = std::get_if<SpecifierSet>(&set.what);
    if (specifiers == nullptr || required.project == kPython || required.project == project ||
        !required.extra.empty()) {
      continue;
    }
    if (requirement.condition) {
      const Places& places = std::get<Places>(set_of(requirement.condition).what);
      if (!python || std::find(places.begin(), places.end(), *python) == places.end()) continue;
    }
    std::string& text = out.dependencies[required.project];
    const std::string more = specifiers->render();
    if (text.empty() || more.empty() || text == more) {
      text += text == more ? "" : more;
    } else {
      text += "," + more;
    }
  }
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

bool PypiProvider::is_python(PackageId package) const {
  return packages_[package.value()].project == kPython;
}

bool PypiProvider::is_known(PackageId package) {
  const std::string& project = packages_[package.value()].project;
  return project == kPython || source_.files(project).known;
}

}  // namespace kasane::resolver::pypi
