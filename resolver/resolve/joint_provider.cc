#include "resolver/resolve/joint_provider.h"

#include <fmt/format.h>

namespace kasane::resolver {

using solver::CandidateId;
using solver::PackageId;
using solver::VersionSetId;

namespace {

template <class Id>
Id outer(Id inner, JointProvider::Side side) {
  return Id(inner.value() * 2 + (side == JointProvider::Side::kPypi ? 1 : 0));
}

VersionSetId outer_set(VersionSetId inner, JointProvider::SetKind kind) {
  return VersionSetId(inner.value() * 3 + static_cast<std::uint32_t>(kind));
}

JointProvider::SetKind kind_of(JointProvider::Side side) {
  return side == JointProvider::Side::kConda ? JointProvider::SetKind::kConda
                                             : JointProvider::SetKind::kPypi;
}

}  // namespace

JointProvider::JointProvider(CandidateBook& book, CondaProvider& conda, pypi::PypiProvider& pypi,
                             CarriedDistributions& carried, std::span<const CondaPython> pythons)
    : book_(book),
      conda_(conda),
      pypi_(pypi),
      carried_(carried),
      pythons_(pythons),
      conda_python_(book.package("python")) {
  for (std::size_t i = 0; i < pythons_.size(); ++i) {
    for (const std::uint32_t place : pythons_[i].places) python_of_place_.emplace(place, i);
  }
}

VersionSetId JointProvider::conda_set(VersionSetId set) { return outer_set(set, SetKind::kConda); }
VersionSetId JointProvider::pypi_set(VersionSetId set) { return outer_set(set, SetKind::kPypi); }

JointProvider::Side JointProvider::side(PackageId package) {
  return package.value() % 2 == 0 ? Side::kConda : Side::kPypi;
}
JointProvider::Side JointProvider::side(CandidateId candidate) {
  return candidate.value() % 2 == 0 ? Side::kConda : Side::kPypi;
}
PackageId JointProvider::inner(PackageId package) { return PackageId(package.value() / 2); }
CandidateId JointProvider::inner(CandidateId candidate) {
  return CandidateId(candidate.value() / 2);
}
VersionSetId JointProvider::inner(VersionSetId set) { return VersionSetId(set.value() / 3); }

JointProvider::SetKind JointProvider::kind(VersionSetId set) {
  return static_cast<SetKind>(set.value() % 3);
}

const std::string& JointProvider::link_text(VersionSetId set) const {
  return links_[inner(set).value()].text;
}

std::string_view JointProvider::name(PackageId package) {
  if (side(package) == Side::kConda) return conda_.name(inner(package));
  const auto [found, is_new] = names_.try_emplace(package.value());
  // Names are unique over both sides: no name of conda's holds a space.
  if (is_new) found->second = fmt::format("{} (pip)", pypi_.name(inner(package)));
  return found->second;
}

solver::Candidates JointProvider::candidates(PackageId package) {
  const auto [found, is_new] = listed_.try_emplace(package.value());
  Listed& listed = found->second;
  if (is_new) {
    const bool conda = side(package) == Side::kConda;
    const solver::Candidates all =
        conda ? conda_.candidates(inner(package)) : pypi_.candidates(inner(package));
    for (const CandidateId candidate : all.ordered) {
      listed.ordered.push_back(outer(candidate, side(package)));
    }
    listed.excluded = all.excluded;
  }
  return {listed.ordered, listed.excluded};
}

PackageId JointProvider::package_of(VersionSetId set) {
  switch (kind(set)) {
    case SetKind::kConda:
      return outer(conda_.package_of(inner(set)), Side::kConda);
    case SetKind::kPypi:
      return outer(pypi_.package_of(inner(set)), Side::kPypi);
    case SetKind::kLink:
      break;
  }
  return outer(links_[inner(set).value()].package, Side::kConda);
}

void JointProvider::select(VersionSetId set, solver::CandidateMask& mask) {
  switch (kind(set)) {
    case SetKind::kConda:
      return conda_.select(inner(set), mask);
    case SetKind::kPypi:
      return pypi_.select(inner(set), mask);
    case SetKind::kLink:
      break;
  }
  for (const std::uint32_t place : links_[inner(set).value()].places) mask.add(place);
}

bool JointProvider::comes_later(PackageId package) { return side(package) == Side::kPypi; }

solver::Dependencies JointProvider::dependencies(CandidateId candidate) {
  const auto [found, is_new] = answers_.try_emplace(candidate.value());
  if (is_new) answer(candidate, found->second);
  const Answer& said = found->second;
  return {said.requirements, said.constrains, said.unusable};
}

void JointProvider::answer(CandidateId candidate, Answer& out) {
  const CandidateId id = inner(candidate);
  if (side(candidate) == Side::kConda) {
    translate(conda_.dependencies(id), Side::kConda, out);
    if (!out.unusable) add_carried(id, out);
  } else {
    translate(pypi_.dependencies(id), Side::kPypi, out);
    if (!out.unusable) add_links(id, out);
  }
}

void JointProvider::translate(const solver::Dependencies& said, Side side, Answer& out) {
  out.unusable = said.unusable;
  const SetKind kind = kind_of(side);
  for (const solver::Requirement& requirement : said.requirements) {
    std::vector<VersionSetId>& any_of = out.any_of.emplace_back();
    for (const VersionSetId set : requirement.any_of) any_of.push_back(outer_set(set, kind));
    const VersionSetId condition =
        requirement.condition ? outer_set(requirement.condition, kind) : VersionSetId::none();
    out.requirements.push_back({any_of, condition, requirement.rank});
  }
  for (const VersionSetId set : said.constrains) out.constrains.push_back(outer_set(set, kind));
}

void JointProvider::add_carried(CandidateId id, Answer& out) {
  const CandidateBook::Place place = book_.place_of(id);
  if (place.package == conda_python_) {
    const auto found = python_of_place_.find(place.place);
    const bool known = found != python_of_place_.end();
    out.constrains.push_back(pypi_set(pypi_.python_at(
        known ? std::optional(found->second) : std::nullopt,
        known ? "Python " + pythons_[found->second].target.python.text() : "CPython")));
    return;
  }
  for (const auto& [project, version] : carried_.carried_by(id)) {
    out.constrains.push_back(pypi_set(pypi_.offered(
        project, version,
        version ? fmt::format("{} =={} of conda", project, version->text())
                : fmt::format("no {} beside conda's, whose version pip cannot read", project))));
  }
}

void JointProvider::add_links(CandidateId id, Answer& out) {
  const pypi::PypiProvider::Origin origin = pypi_.origin_of(id);
  if (origin.python) {
    const CondaPython& python = pythons_[*origin.python];
    std::vector<VersionSetId>& any_of = out.any_of.emplace_back();
    any_of.push_back(link(conda_python_, python.places,
                          fmt::format("python =={}", python.target.python.text())));
    out.requirements.push_back({any_of});
  } else if (origin.offer) {
    std::vector<VersionSetId>& any_of = out.any_of.emplace_back();
    for (const auto& [package, places] : carried_.carriers(origin.project, *origin.offer)) {
      any_of.push_back(link(package, places,
                            fmt::format("{} =={}", book_.name(package), pypi_.version(id).text())));
    }
    out.requirements.push_back({any_of});
  }
}

VersionSetId JointProvider::link(PackageId conda, const std::vector<std::uint32_t>& places,
                                 std::string text) {
  const VersionSetId next =
      outer_set(VersionSetId(static_cast<std::uint32_t>(links_.size())), SetKind::kLink);
  const auto [found, is_new] = link_ids_.try_emplace({conda, places}, next);
  if (is_new) links_.push_back({conda, places, std::move(text)});
  return found->second;
}

void JointProvider::hint_packages(std::span<const PackageId> packages) {
  std::vector<PackageId> conda;
  std::vector<PackageId> pypi;
  for (const PackageId package : packages) {
    (side(package) == Side::kConda ? conda : pypi).push_back(inner(package));
  }
  if (!conda.empty()) conda_.hint_packages(conda);
  if (!pypi.empty()) pypi_.hint_packages(pypi);
}

void JointProvider::hint_candidates(std::span<const CandidateId> candidates) {
  std::vector<CandidateId> conda;
  std::vector<CandidateId> pypi;
  for (const CandidateId candidate : candidates) {
    (side(candidate) == Side::kConda ? conda : pypi).push_back(inner(candidate));
  }
  if (!conda.empty()) conda_.hint_candidates(conda);
  if (!pypi.empty()) pypi_.hint_candidates(pypi);
}

}  // namespace kasane::resolver
