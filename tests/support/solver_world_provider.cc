#include "tests/support/solver_world_provider.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace kasane::test {

using resolver::solver::CandidateId;
using resolver::solver::CandidateMask;
using resolver::solver::Candidates;
using resolver::solver::Dependencies;
using resolver::solver::PackageId;
using resolver::solver::Requirement;
using resolver::solver::VersionSetId;

namespace {

template <class Sequence>
void shuffle(Sequence& sequence, std::mt19937& random) {
  for (std::size_t i = sequence.size(); i > 1; --i) {
    std::swap(sequence[i - 1], sequence[random() % i]);
  }
}

std::vector<std::uint32_t> counted(std::size_t size) {
  std::vector<std::uint32_t> ids(size);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

}  // namespace

WorldProvider::WorldProvider(const SolverWorld& world, unsigned seed) : world_(world) {
  number_everything(seed);
  said_.resize(world_.packages.size());
  for (std::size_t p = 0; p < world_.packages.size(); ++p) {
    for (const auto& candidate : world_.packages[p].candidates) {
      said_[p].push_back(say(candidate.needs, candidate.constrains));
    }
  }
  ask();
}

void WorldProvider::number_everything(unsigned seed) {
  std::mt19937 random(seed);
  std::size_t candidates = 0;
  std::size_t sets = world_.needs.size() * 8 + world_.pins.size() + world_.preferences.size();
  for (auto& package : world_.packages) {
    candidates += package.candidates.size();
    for (auto& candidate : package.candidates) {
      if (seed != 0) shuffle(candidate.needs, random);
      if (seed != 0) shuffle(candidate.constrains, random);
      for (const auto& need : candidate.needs) sets += need.any_of.size() + 1;
      sets += candidate.constrains.size();
    }
  }
  package_ids_ = counted(world_.packages.size());
  free_set_ids_ = counted(sets);
  std::vector<std::uint32_t> numbers = counted(candidates);
  if (seed != 0) {
    shuffle(package_ids_, random);
    shuffle(free_set_ids_, random);
    shuffle(numbers, random);
    shuffle(world_.needs, random);
    shuffle(world_.pins, random);
    shuffle(world_.preferences, random);
    shuffle(world_.favoured, random);
    shuffle(world_.locked, random);
  }
  packages_.resize(world_.packages.size());
  candidates_.resize(candidates);
  candidate_ids_.resize(world_.packages.size());
  excluded_.resize(world_.packages.size());
  for (std::size_t p = 0; p < world_.packages.size(); ++p) {
    packages_[package_ids_[p]] = p;
    for (std::size_t c = 0; c < world_.packages[p].candidates.size(); ++c) {
      candidate_ids_[p].push_back(CandidateId(numbers.back()));
      candidates_[numbers.back()] = {p, c};
      numbers.pop_back();
      if (world_.packages[p].candidates[c].excluded.empty()) continue;
      excluded_[p].push_back(static_cast<std::uint32_t>(c));
    }
    if (seed != 0) shuffle(excluded_[p], random);
  }
}

VersionSetId WorldProvider::intern(const SolverWorld::Set& set) {
  std::string content = set.text;
  for (const std::size_t place : set.places) content += "," + std::to_string(place);
  const auto key = std::make_pair(set.package, content);
  const auto found = interned_.find(key);
  if (found != interned_.end()) return found->second;
  const VersionSetId id(free_set_ids_.back());
  free_set_ids_.pop_back();
  sets_.emplace(id.value(), set);
  interned_.emplace(key, id);
  return id;
}

WorldProvider::Said WorldProvider::say(const std::vector<SolverWorld::Need>& needs,
                                       const std::vector<SolverWorld::Set>& sets) {
  Said said;
  for (const auto& need : needs) {
    Requirement requirement;
    requirement.rank = need.rank;
    if (need.condition) requirement.condition = intern(*need.condition);
    said.requirements.push_back(requirement);
    said.any_of.emplace_back();
    for (const auto& set : need.any_of) said.any_of.back().push_back(intern(set));
  }
  for (std::size_t i = 0; i < said.any_of.size(); ++i) {
    said.requirements[i].any_of = said.any_of[i];
  }
  for (const auto& set : sets) said.constrains.push_back(intern(set));
  return said;
}

void WorldProvider::ask() {
  request_ = say(world_.needs, world_.pins);
  problem_.requirements = request_.requirements;
  problem_.constraints = request_.constrains;
  for (const auto& preference : world_.preferences) {
    problem_.preferences.push_back({intern(preference.set), preference.rank});
  }
  for (const auto& place : world_.locked) {
    problem_.locked.push_back(
        {PackageId(package_ids_[place.package]), candidate_ids_[place.package][place.candidate]});
  }
  for (const auto& place : world_.favoured) {
    problem_.favoured.push_back(
        {PackageId(package_ids_[place.package]), candidate_ids_[place.package][place.candidate]});
  }
}

std::size_t WorldProvider::place_of(PackageId package) const {
  return packages_.at(package.value());
}

SolverWorld::Place WorldProvider::place_of(CandidateId candidate) const {
  return candidates_.at(candidate.value());
}

const SolverWorld::Set& WorldProvider::set_of(VersionSetId set) const {
  return sets_.at(set.value());
}

std::string_view WorldProvider::name(PackageId package) {
  return world_.packages[place_of(package)].name;
}

Candidates WorldProvider::candidates(PackageId package) {
  asked_packages_.emplace(name(package));
  return {candidate_ids_[place_of(package)], excluded_[place_of(package)]};
}

Dependencies WorldProvider::dependencies(CandidateId candidate) {
  const SolverWorld::Place place = place_of(candidate);
  const auto& package = world_.packages[place.package];
  const auto& found = package.candidates[place.candidate];
  asked_candidates_.insert(package.name + " " + found.version);
  const Said& said = said_[place.package][place.candidate];
  return {said.requirements, said.constrains, !found.unusable.empty()};
}

PackageId WorldProvider::package_of(VersionSetId set) {
  return PackageId(package_ids_[set_of(set).package]);
}

void WorldProvider::select(VersionSetId set, CandidateMask& mask) {
  for (const std::size_t place : set_of(set).places) mask.add(static_cast<std::uint32_t>(place));
}

bool WorldProvider::comes_later(PackageId package) {
  return world_.packages[place_of(package)].later;
}

void WorldProvider::hint_packages(std::span<const PackageId> packages) {
  for (const PackageId package : packages) hinted_.emplace(name(package));
}

void WorldProvider::hint_candidates(std::span<const CandidateId> candidates) {
  for (const CandidateId candidate : candidates) {
    const SolverWorld::Place place = place_of(candidate);
    const auto& package = world_.packages[place.package];
    hinted_candidates_.push_back(package.name + " " + package.candidates[place.candidate].version);
  }
}

}  // namespace kasane::test
